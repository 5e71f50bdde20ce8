//! Whether a process is well, as a whole and for each dataset that it works on. One dataset's trouble is its
//! own: what restarts or cuts off a process on 503 must not do so to all departments for the sake of one.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde::Serialize;

#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Dataset → owner, of all that the process works on.
    pub(crate) owners: BTreeMap<String, String>,
    /// By part.
    troubles: BTreeMap<String, PartTrouble>,
}

#[derive(Debug)]
struct PartTrouble {
    /// None: of the whole process.
    dataset: Option<String>,
    words: String,
}

/// Of what is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum About {
    All,
    Dataset(String),
    Owner(String),
}

#[derive(Serialize)]
struct HealthAnswer<'a> {
    status: &'static str,
    unwell: Vec<Unwell<'a>>,
}

#[derive(Serialize)]
struct Unwell<'a> {
    part: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    trouble: &'a str,
}

impl Health {
    pub(crate) fn unwell(&mut self, part: &str, dataset: Option<&str>, words: String) {
        let dataset = dataset.map(str::to_owned);
        self.troubles.insert(part.to_owned(), PartTrouble { dataset, words });
    }

    pub(crate) fn well(&mut self, part: &str) {
        self.troubles.remove(part);
    }

    /// 503 for a dataset or an owner with trouble of their own or of the process; for all only when the
    /// process itself has some, or no dataset is well. 404 for what it does not work on.
    pub(crate) fn answer(&self, about: &About) -> (StatusCode, String) {
        let asked: Vec<&PartTrouble> =
            self.troubles.values().filter(|trouble| self.concerns(trouble, about)).collect();
        let known = match about {
            About::All => true,
            About::Dataset(dataset) => self.owners.contains_key(dataset),
            About::Owner(owner) => self.owners.values().any(|known| known == owner),
        };
        let unwell: BTreeSet<&str> =
            asked.iter().filter_map(|trouble| trouble.dataset.as_deref()).collect();
        let works = match about {
            About::All => {
                asked.iter().all(|trouble| trouble.dataset.is_some())
                    && (unwell.is_empty() || unwell.len() < self.owners.len())
            }
            About::Dataset(_) | About::Owner(_) => asked.is_empty(),
        };
        let status = match (known, works) {
            (false, _) => StatusCode::NOT_FOUND,
            (true, true) => StatusCode::OK,
            (true, false) => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, self.body(about, known))
    }

    fn concerns(&self, trouble: &PartTrouble, about: &About) -> bool {
        let Some(dataset) = &trouble.dataset else {
            return true;
        };
        match about {
            About::All => true,
            About::Dataset(asked) => asked == dataset,
            About::Owner(asked) => self.owners.get(dataset) == Some(asked),
        }
    }

    fn body(&self, about: &About, known: bool) -> String {
        let unwell: Vec<Unwell<'_>> = self
            .troubles
            .iter()
            .filter(|(_, trouble)| self.concerns(trouble, about))
            .map(|(part, trouble)| Unwell {
                part,
                dataset: trouble.dataset.as_deref(),
                owner: trouble
                    .dataset
                    .as_ref()
                    .and_then(|dataset| self.owners.get(dataset))
                    .map(String::as_str),
                trouble: &trouble.words,
            })
            .collect();
        let status = match (known, unwell.is_empty()) {
            (false, _) => "unknown",
            (true, true) => "ok",
            (true, false) => "unwell",
        };
        let answer = HealthAnswer { status, unwell };
        // Texts only: it has a form.
        serde_json::to_string(&answer).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_datasets_trouble_is_its_own() {
        let mut health = Health {
            owners: [("business", "so-tc"), ("school", "so-gddt"), ("road", "so-tc")]
                .map(|(dataset, owner)| (dataset.to_owned(), owner.to_owned()))
                .into(),
            ..Health::default()
        };
        let status = |health: &Health, about: About| health.answer(&about).0.as_u16();
        let dataset = |name: &str| About::Dataset(name.to_owned());
        let owner = |name: &str| About::Owner(name.to_owned());
        assert_eq!(
            health.answer(&About::All),
            (StatusCode::OK, "{\"status\":\"ok\",\"unwell\":[]}\n".into())
        );
        health.unwell("topic/0", Some("business"), "halted".into());
        assert_eq!(
            health.answer(&About::All),
            (
                StatusCode::OK,
                "{\"status\":\"unwell\",\"unwell\":[{\"part\":\"topic/0\",\"dataset\":\"business\",\"owner\":\"so-tc\",\"trouble\":\"halted\"}]}\n".into()
            )
        );
        for (about, wanted) in [
            (dataset("business"), 503),
            (dataset("road"), 200),
            (dataset("nobody"), 404),
            (owner("so-tc"), 503),
            (owner("so-gddt"), 200),
            (owner("nobody"), 404),
        ] {
            assert_eq!(status(&health, about.clone()), wanted, "{about:?}");
        }
        health.unwell("store", None, "away".into());
        assert_eq!(status(&health, About::All), 503);
        assert_eq!(status(&health, dataset("road")), 503);
        health.well("store");
        health.unwell("a/0", Some("road"), "halted".into());
        health.unwell("b/0", Some("school"), "halted".into());
        assert_eq!(status(&health, About::All), 503, "nothing works");
    }
}
