//! One set in the catalogue: a `dcat:Dataset`, and a `dcat:Distribution` for each file of its latest
//! revision.

use oxrdf::{Literal, NamedNode, NamedOrBlankNode, Term};

use super::{BadIri, Graph, PublishedSet, blank, in_language, iri, typed};
use crate::config::OpenDataSettings;
use crate::manifest::{DATAPACKAGE, FileEntry};
use crate::set::Resource;

pub(super) const LANGUAGES: [&str; 2] = ["eu:language/VIE", "eu:language/ENG"];
pub(super) const VIET_NAM: &str = "eu:country/VNM";

/// EU's names for how often something comes, by seconds of a slot.
const FREQUENCIES: [(u32, &str); 7] = [
    (300, "UPDATE_CONT"),
    (3600, "HOURLY"),
    (86_400, "DAILY"),
    (7 * 86_400, "WEEKLY"),
    (31 * 86_400, "MONTHLY"),
    (92 * 86_400, "QUARTERLY"),
    (366 * 86_400, "ANNUAL"),
];

pub(super) fn name(
    settings: &OpenDataSettings,
    set: &PublishedSet<'_>,
) -> Result<NamedNode, BadIri> {
    iri(&format!("{}/{}/#dataset", settings.base_url, set.set.id))
}

pub(super) fn describe(
    graph: &mut Graph,
    settings: &OpenDataSettings,
    latest: &PublishedSet<'_>,
    publisher: &NamedOrBlankNode,
) -> Result<(), BadIri> {
    let (set, manifest) = (latest.set, &latest.manifest);
    let page = format!("{}/{}/", settings.base_url, set.id);
    let dataset: NamedOrBlankNode = name(settings, latest)?.into();
    graph.is_a(&dataset, "dcat:Dataset")?;
    graph.label(&dataset, "dct:title", &set.name)?;
    graph.label(&dataset, "dct:description", set.about.as_ref().unwrap_or(&set.name))?;
    graph.say(&dataset, "dct:identifier", Literal::from(set.id.as_str()))?;
    for (words, language) in [(&set.keywords.vi, "vi"), (&set.keywords.en, "en")] {
        for word in words {
            graph.say(&dataset, "dcat:keyword", in_language(word, language))?;
        }
    }
    graph.say(&dataset, "dct:publisher", publisher.clone())?;
    graph.say(
        &dataset,
        "dct:issued",
        typed(latest.first.to_string(), oxrdf::vocab::xsd::DATE_TIME),
    )?;
    graph.say(
        &dataset,
        "dct:modified",
        typed(latest.last.to_string(), oxrdf::vocab::xsd::DATE_TIME),
    )?;
    graph.say(&dataset, "dcat:version", Literal::from(manifest.revision.as_str()))?;
    let landing: NamedOrBlankNode = iri(&page)?.into();
    graph.say(&dataset, "dcat:landingPage", landing.clone())?;
    let contact = blank(&format!("contact_{}", set.id));
    graph.say(&dataset, "dcat:contactPoint", contact.clone())?;
    let mut distributions = Vec::new();
    for resource in &set.resources {
        for file in manifest.resource(&resource.name).iter().flat_map(|entry| &entry.files) {
            if file.format.is_data() {
                let name: NamedOrBlankNode =
                    iri(&format!("{page}#{}-{}", resource.name, file.format.extension()))?.into();
                graph.say(&dataset, "dcat:distribution", name.clone())?;
                distributions.push((name, resource, file));
            }
        }
    }
    for language in LANGUAGES {
        graph.term(&dataset, "dct:language", language, "dct:LinguisticSystem")?;
    }
    graph.term(&dataset, "dct:spatial", VIET_NAM, "dct:Location")?;
    graph.term(
        &dataset,
        "dct:accrualPeriodicity",
        &frequency(set.every_seconds),
        "dct:Frequency",
    )?;
    graph.term(&dataset, "dct:accessRights", "eu:access-right/PUBLIC", "dct:RightsStatement")?;
    if let Some(legal) = &set.legal {
        let note = blank(&format!("legal_{}", set.id));
        graph.say(&dataset, "dct:provenance", note.clone())?;
        graph.is_a(&note, "dct:ProvenanceStatement")?;
        graph.label(&note, "rdfs:label", legal)?;
    }
    graph.is_a(&landing, "foaf:Document")?;
    graph.is_a(&contact, "vcard:Kind")?;
    graph.is_a(&contact, "vcard:Organization")?;
    graph.label(&contact, "vcard:fn", &settings.site.publisher)?;
    match &settings.site.contact_email {
        Some(email) => graph.say(&contact, "vcard:hasEmail", iri(&format!("mailto:{email}"))?)?,
        None => graph.say(&contact, "vcard:hasURL", iri(&format!("{}/", settings.base_url))?)?,
    }
    for (name, resource, file) in distributions {
        distribution(graph, latest, &page, &name, resource, file)?;
    }
    Ok(())
}

fn distribution(
    graph: &mut Graph,
    latest: &PublishedSet<'_>,
    page: &str,
    name: &NamedOrBlankNode,
    resource: &Resource,
    file: &FileEntry,
) -> Result<(), BadIri> {
    let manifest = &latest.manifest;
    let download = format!("{page}{}/{}", manifest.revision, file.path);
    graph.is_a(name, "dcat:Distribution")?;
    let title = |text: &str| format!("{text} ({})", file.format.name());
    graph.say(name, "dct:title", in_language(&title(&resource.title.vi), "vi"))?;
    graph.say(name, "dct:title", in_language(&title(&resource.title.en), "en"))?;
    graph.label(name, "dct:description", resource.about.as_ref().unwrap_or(&resource.title))?;
    graph.say(name, "dcat:accessURL", iri(page)?)?;
    graph.say(name, "dcat:downloadURL", iri(&download)?)?;
    graph.say(
        name,
        "dcat:byteSize",
        typed(file.bytes.to_string(), oxrdf::vocab::xsd::NON_NEGATIVE_INTEGER),
    )?;
    graph.say(
        name,
        "dct:modified",
        typed(latest.last.to_string(), oxrdf::vocab::xsd::DATE_TIME),
    )?;
    let checksum =
        blank(&format!("sha256_{}_{}", latest.set.id, file.sha256.get(..16).unwrap_or_default()));
    graph.say(name, "spdx:checksum", Term::from(checksum.clone()))?;
    let described_by: NamedOrBlankNode =
        iri(&format!("{page}{}/{DATAPACKAGE}", manifest.revision))?.into();
    graph.say(name, "foaf:page", described_by.clone())?;
    if let Some(media) = file.format.iana() {
        graph.term(
            name,
            "dcat:mediaType",
            &format!("http://www.iana.org/assignments/media-types/{media}"),
            "dct:MediaType",
        )?;
    }
    graph.term(
        name,
        "dct:format",
        &format!("eu:file-type/{}", file.format.file_type()),
        "dct:MediaTypeOrExtent",
    )?;
    if let Some(licence) = latest.set.licence_page() {
        graph.term(name, "dct:license", &licence, "dct:LicenseDocument")?;
    }
    graph.is_a(&described_by, "foaf:Document")?;
    graph.is_a(&checksum, "spdx:Checksum")?;
    graph.term(
        &checksum,
        "spdx:algorithm",
        "spdx:checksumAlgorithm_sha256",
        "spdx:ChecksumAlgorithm",
    )?;
    graph.say(&checksum, "spdx:checksumValue", typed(file.sha256.as_str(), HEX_BINARY))
}

const HEX_BINARY: oxrdf::NamedNodeRef<'static> =
    oxrdf::NamedNodeRef::new_unchecked("http://www.w3.org/2001/XMLSchema#hexBinary");

fn frequency(every_seconds: u32) -> String {
    let name = FREQUENCIES
        .iter()
        .find(|(longest, _)| every_seconds <= *longest)
        .map_or("IRREG", |(_, name)| name);
    format!("eu:frequency/{name}")
}
