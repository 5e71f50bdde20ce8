//! The catalogue of all sets as DCAT-AP 3, in Turtle and in JSON-LD: what national and European portals
//! harvest. Made anew after each publishing, replaced at once, and only when it says something else.

use std::fs;

use bangioc_runtime::failpoint;
use oxjsonld::JsonLdSerializer;
use oxrdf::vocab::{rdf, xsd};
use oxrdf::{
    BlankNode, GraphNameRef, Literal, NamedNode, NamedNodeRef, NamedOrBlankNode, Term, Triple,
};
use oxttl::TurtleSerializer;

use crate::config::OpenDataSettings;
use crate::error::OpenError;
use crate::folder::SetFolder;
use crate::manifest::Manifest;
use crate::set::OpenSet;
use crate::slot::Slot;
use crate::written::replace_file;

mod dataset;

pub const TURTLE: &str = "catalog.ttl";
pub const JSON_LD: &str = "catalog.jsonld";

const PREFIXES: [(&str, &str); 8] = [
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dct", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    ("eu", "http://publications.europa.eu/resource/authority/"),
];

/// Brings both files up to what is published now.
pub fn write(settings: &OpenDataSettings, sets: &[OpenSet]) -> Result<(), OpenError> {
    let mut published = Vec::new();
    for set in sets {
        let folder = SetFolder::new(&settings.dir, set);
        let Some(revision) = folder.latest() else {
            continue;
        };
        let Some(manifest) = Manifest::read(&folder.revision(&revision))? else {
            continue;
        };
        let history = folder.history()?;
        if let (Some(first), Some(last)) =
            (history.revisions.first(), history.published_at(&revision))
        {
            published.push(PublishedSet { set, manifest, first: first.published_at, last });
        }
    }
    let unwritable = |name: &str, error| OpenError::unwritable(&settings.dir.join(name), error);
    let bad_address = |_| OpenError::BadAddress { address: settings.base_url.clone() };
    let triples = describe(settings, &published).map_err(bad_address)?;
    for (name, content) in [
        (TURTLE, turtle(&triples).map_err(|error| unwritable(TURTLE, error))?),
        (JSON_LD, json_ld(&triples).map_err(|error| unwritable(JSON_LD, error))?),
    ] {
        let path = settings.dir.join(name);
        if fs::read(&path).is_ok_and(|there| there == content) {
            continue;
        }
        replace_file(&path, &content).map_err(|error| unwritable(name, error))?;
        failpoint::hit("open-data.catalogue");
    }
    Ok(())
}

struct PublishedSet<'s> {
    set: &'s OpenSet,
    manifest: Manifest,
    first: Slot,
    last: Slot,
}

/// Text that was meant to be an address and is none.
#[derive(Debug)]
struct BadIri;

/// Statements under way; subjects in the order of reading.
struct Graph {
    triples: Vec<Triple>,
}

impl Graph {
    fn say(
        &mut self,
        subject: &NamedOrBlankNode,
        predicate: &str,
        object: impl Into<Term>,
    ) -> Result<(), BadIri> {
        self.triples.push(Triple::new(subject.clone(), iri(predicate)?, object));
        Ok(())
    }

    fn is_a(&mut self, subject: &NamedOrBlankNode, class: &str) -> Result<(), BadIri> {
        self.triples.push(Triple::new(subject.clone(), NamedNode::from(rdf::TYPE), iri(class)?));
        Ok(())
    }

    fn label(
        &mut self,
        subject: &NamedOrBlankNode,
        predicate: &str,
        label: &bangioc_schemas::contract::Label,
    ) -> Result<(), BadIri> {
        self.say(subject, predicate, in_language(&label.vi, "vi"))?;
        self.say(subject, predicate, in_language(&label.en, "en"))
    }

    /// A term of somebody else's vocabulary, with the class that a validator without that vocabulary needs.
    fn term(
        &mut self,
        subject: &NamedOrBlankNode,
        predicate: &str,
        term: &str,
        class: &str,
    ) -> Result<(), BadIri> {
        let term = iri(term)?;
        self.say(subject, predicate, term.clone())?;
        let typed = Triple::new(term, NamedNode::from(rdf::TYPE), iri(class)?);
        if !self.triples.contains(&typed) {
            self.triples.push(typed);
        }
        Ok(())
    }
}

/// `dcat:title` or a whole address.
fn iri(text: &str) -> Result<NamedNode, BadIri> {
    let whole = match text.split_once(':') {
        Some((prefix, name)) if !name.starts_with("//") => PREFIXES
            .iter()
            .find(|(known, _)| *known == prefix)
            .map(|(_, namespace)| format!("{namespace}{name}")),
        _ => None,
    };
    NamedNode::new(whole.unwrap_or_else(|| text.to_owned())).map_err(|_| BadIri)
}

fn in_language(text: &str, language: &str) -> Literal {
    Literal::new_language_tagged_literal_unchecked(text, language)
}

fn typed(text: impl Into<String>, datatype: NamedNodeRef<'_>) -> Literal {
    Literal::new_typed_literal(text.into(), datatype)
}

fn describe(
    settings: &OpenDataSettings,
    snapshots: &[PublishedSet<'_>],
) -> Result<Vec<Triple>, BadIri> {
    let mut graph = Graph { triples: Vec::new() };
    let base = &settings.base_url;
    let catalogue: NamedOrBlankNode = iri(&format!("{base}/#catalogue"))?.into();
    let publisher: NamedOrBlankNode = iri(&format!("{base}/#publisher"))?.into();
    let site = &settings.site;
    graph.is_a(&catalogue, "dcat:Catalog")?;
    graph.label(&catalogue, "dct:title", &site.title)?;
    graph.say(
        &catalogue,
        "dct:description",
        in_language(&format!("Danh mục dữ liệu mở do {} công bố.", site.publisher.vi), "vi"),
    )?;
    graph.say(
        &catalogue,
        "dct:description",
        in_language(&format!("Open data snapshots by the {}.", site.publisher.en), "en"),
    )?;
    graph.say(&catalogue, "dct:publisher", publisher.clone())?;
    let home: NamedOrBlankNode = iri(&format!("{base}/"))?.into();
    graph.say(&catalogue, "foaf:homepage", home.clone())?;
    if let Some(first) = snapshots.iter().map(|set| set.first).min() {
        graph.say(&catalogue, "dct:issued", typed(first.to_string(), xsd::DATE_TIME))?;
    }
    if let Some(last) = snapshots.iter().map(|set| set.last).max() {
        graph.say(&catalogue, "dct:modified", typed(last.to_string(), xsd::DATE_TIME))?;
    }
    for set in snapshots {
        graph.say(&catalogue, "dcat:dataset", dataset::name(settings, set)?)?;
    }
    for language in dataset::LANGUAGES {
        graph.term(&catalogue, "dct:language", language, "dct:LinguisticSystem")?;
    }
    graph.term(&catalogue, "dct:spatial", dataset::VIET_NAM, "dct:Location")?;
    graph.is_a(&home, "foaf:Document")?;
    graph.is_a(&publisher, "foaf:Agent")?;
    graph.label(&publisher, "foaf:name", &site.publisher)?;
    for set in snapshots {
        dataset::describe(&mut graph, settings, set, &publisher)?;
    }
    Ok(graph.triples)
}

fn turtle(triples: &[Triple]) -> std::io::Result<Vec<u8>> {
    let mut serializer = TurtleSerializer::new();
    for (prefix, namespace) in PREFIXES {
        serializer = serializer.with_prefix(prefix, namespace).map_err(std::io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in triples {
        writer.serialize_triple(triple.as_ref())?;
    }
    writer.finish()
}

fn json_ld(triples: &[Triple]) -> std::io::Result<Vec<u8>> {
    let mut serializer = JsonLdSerializer::new();
    for (prefix, namespace) in PREFIXES {
        serializer = serializer.with_prefix(prefix, namespace).map_err(std::io::Error::other)?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in triples {
        writer.serialize_quad(triple.as_ref().in_graph(GraphNameRef::DefaultGraph))?;
    }
    let mut json = writer.finish()?;
    json.push(b'\n');
    Ok(json)
}

/// Named by what it belongs to: the same state gives the same file.
fn blank(name: &str) -> NamedOrBlankNode {
    BlankNode::new(name.replace('-', "_")).unwrap_or_default().into()
}
