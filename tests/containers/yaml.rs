//! YAML as Compose reads it: anchors, aliases and merges (`<<`) resolved.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, StrInput};

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    Text(String),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
}

pub fn read(text: &str) -> Node {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: BTreeMap::new() };
    loop {
        match reader.next() {
            Event::StreamStart | Event::DocumentStart(_) => {}
            event => return reader.node(event),
        }
    }
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Node::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Node::Text(text) => text,
            _ => panic!("a text was expected: {self:?}"),
        }
    }

    /// Of a list; of what is left out, none.
    pub fn items(node: Option<&Node>) -> &[Node] {
        match node {
            None => &[],
            Some(Node::List(items)) => items,
            Some(other) => panic!("a list was expected: {other:?}"),
        }
    }

    /// Of a mapping; of what is left out, none.
    pub fn entries(node: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
        let entries = match node {
            None => None,
            Some(Node::Map(entries)) => Some(entries),
            Some(other) => panic!("a mapping was expected: {other:?}"),
        };
        entries.into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, Node>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Event<'t> {
        let event = self.parser.next_event().expect("the file is whole");
        event.expect("the file is YAML").0
    }

    fn node(&mut self, event: Event<'t>) -> Node {
        let (anchor, node) = match event {
            Event::Alias(anchor) => return self.anchors[&anchor].clone(),
            Event::Scalar(text, _, anchor, _) => (anchor, Node::Text(text.into_owned())),
            Event::SequenceStart(anchor, _) => (anchor, self.list()),
            Event::MappingStart(anchor, _) => (anchor, self.map()),
            other => panic!("{other:?} where a value was expected"),
        };
        self.anchors.insert(anchor, node.clone());
        node
    }

    fn list(&mut self) -> Node {
        let mut items = Vec::new();
        loop {
            match self.next() {
                Event::SequenceEnd => return Node::List(items),
                event => items.push(self.node(event)),
            }
        }
    }

    fn map(&mut self) -> Node {
        let (mut entries, mut merged) = (BTreeMap::new(), Vec::new());
        loop {
            let key = match self.next() {
                Event::MappingEnd => break,
                Event::Scalar(key, ..) => key.into_owned(),
                other => panic!("{other:?} where a key was expected"),
            };
            let event = self.next();
            match self.node(event) {
                Node::List(maps) if key == "<<" => merged.extend(maps),
                map if key == "<<" => merged.push(map),
                value => {
                    assert!(entries.insert(key.clone(), value).is_none(), "`{key}` stands twice");
                }
            }
        }
        // What is written out goes before what is merged, and of that the earlier.
        for (key, value) in merged.iter().flat_map(|map| Node::entries(Some(map))) {
            entries.entry(key.to_owned()).or_insert_with(|| value.clone());
        }
        Node::Map(entries)
    }
}
