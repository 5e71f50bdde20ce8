//! The YAML that contracts are written in, as a tree that knows its lines: mappings, lists and texts.
//!
//! Every scalar is a text: `04`, `no` and `1.0` mean what they say, and the contract decides what they
//! are. Anchors, aliases and tags are refused; contracts need none, and without them a small file
//! can't grow into a large one.

use saphyr_parser::{Event, Parser, Span, StrInput};

use crate::contracts::mistake::{MistakeKind, shown};

#[derive(Clone, Debug)]
pub(crate) struct YamlNode {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) data: Data,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    Text(String),
    List(Vec<YamlNode>),
    Map(Vec<YamlEntry>),
}

#[derive(Clone, Debug)]
pub(crate) struct YamlEntry {
    pub(crate) key: String,
    pub(crate) line: usize,
    pub(crate) value: YamlNode,
}

impl YamlNode {
    pub(crate) fn kind(&self) -> &'static str {
        match self.data {
            Data::Text(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }
}

/// Why a file is no tree.
#[derive(Debug)]
pub(crate) struct YamlError {
    pub(crate) line: usize,
    pub(crate) kind: MistakeKind,
    pub(crate) what: String,
    pub(crate) hint: String,
}

/// A contract is three levels of mappings and a few lists; the limit is there for hostile files.
const MAX_DEPTH: usize = 16;

/// The tree, and the keys that stand twice (the first of them counts).
pub(crate) fn read(text: &str) -> Result<(YamlNode, Vec<YamlError>), YamlError> {
    let mut reader = YamlReader { parser: Parser::new_from_str(text), doubles: Vec::new() };
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd | Event::DocumentEnd => {
                return Err(syntax(
                    1,
                    "the file is empty",
                    "copy a contract of this folder and change it",
                ));
            }
            event => {
                let node = reader.node(event, span, 0)?;
                reader.end()?;
                return Ok((node, reader.doubles));
            }
        }
    }
}

fn syntax(line: usize, what: impl Into<String>, hint: impl Into<String>) -> YamlError {
    YamlError { line, kind: MistakeKind::Syntax, what: what.into(), hint: hint.into() }
}

struct YamlReader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    doubles: Vec<YamlError>,
}

impl<'a> YamlReader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), YamlError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(syntax(
                error.marker().line(),
                format!("not valid YAML: {}", error.info()),
                "check indentation, quotes and colons on this line and the one before",
            )),
            None => {
                Err(syntax(0, "the file ends too early", "check that the file was saved whole"))
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<YamlNode, YamlError> {
        let line = span.start.line();
        if depth > MAX_DEPTH {
            return Err(YamlError {
                kind: MistakeKind::Limit,
                ..syntax(
                    line,
                    format!("nested deeper than {MAX_DEPTH} levels"),
                    "a contract needs five levels at most",
                )
            });
        }
        let data = match event {
            Event::Scalar(text, _, 0, None) => Data::Text(text.into_owned()),
            Event::SequenceStart(0, None) => self.list(depth)?,
            Event::MappingStart(0, None) => self.map(depth)?,
            _ => {
                return Err(syntax(
                    line,
                    "anchors (`&`), aliases (`*`) and tags (`!`) are not used in contracts",
                    "write the value out, in quotes when it begins with one of these signs",
                ));
            }
        };
        Ok(YamlNode { line, data })
    }

    fn list(&mut self, depth: usize) -> Result<Data, YamlError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Data::List(items)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Data, YamlError> {
        let mut entries: Vec<YamlEntry> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let line = span.start.line();
            let key = match event {
                Event::MappingEnd => return Ok(Data::Map(entries)),
                Event::Scalar(key, _, 0, None) => key.into_owned(),
                _ => {
                    return Err(syntax(line, "a key must be a plain text", "write `key: value`"));
                }
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let what =
                    format!("key `{}` stands twice, first in line {}", shown(&key), first.line);
                self.doubles.push(syntax(line, what, "keep one of the two"));
            } else {
                entries.push(YamlEntry { key, line, value });
            }
        }
    }

    fn end(&mut self) -> Result<(), YamlError> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentEnd, _) => {}
                (_, span) => {
                    let line = span.start.line();
                    return Err(syntax(
                        line,
                        "a second document begins here",
                        "write one contract per file, without `---`",
                    ));
                }
            }
        }
    }
}
