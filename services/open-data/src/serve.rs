//! The folder and its pages over HTTP. Reads only what publishing wrote: no database, no Kafka, no
//! credential. A path is taken apart into names that are known; nothing of it reaches the file system
//! unless a manifest lists it.

mod answer;
mod path;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::listener::Listener;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use tokio::net::TcpListener;

use crate::catalogue::TURTLE;
use crate::config::OpenDataSettings;
use crate::error::OpenError;
use crate::history::HISTORY;
use crate::metrics::OpenMetrics;
use crate::page;
use crate::published::{self, SetState};
use crate::set::OpenSet;
use answer::{Caching, PageAnswer};
use path::Asked;

/// What the server knows.
pub struct Portal {
    pub settings: OpenDataSettings,
    pub sets: Vec<OpenSet>,
    pub metrics: OpenMetrics,
}

/// A server that listens but does not answer yet.
pub struct Server {
    listener: Listener,
    socket: TcpListener,
    portal: Arc<Portal>,
    address: String,
}

impl Portal {
    pub async fn listen(self, address: &str, metrics: &Metrics) -> Result<Server, BoxFailure> {
        let listener = Listener::new("pages", &self.settings.listener, metrics)?;
        let fails = |source| OpenError::CannotListen { address: address.to_owned(), source };
        let socket = TcpListener::bind(address).await.map_err(fails)?;
        let address = socket.local_addr().map_err(fails)?.to_string();
        Ok(Server { listener, socket, portal: Arc::new(self), address })
    }

    /// Blocks: it reads files.
    fn answer(&self, path: &str) -> Result<PageAnswer, OpenError> {
        let (settings, sets) = (&self.settings, &self.sets);
        let find = |id: &str| sets.iter().find(|set| set.id == id);
        match path::parse(path) {
            Asked::Home => {
                let states = sets
                    .iter()
                    .map(|set| SetState::read(settings, set))
                    .collect::<Result<Vec<_>, _>>()?;
                let slot = states.iter().filter_map(SetState::current_at).max();
                Ok(PageAnswer::page(StatusCode::OK, page::home(&settings.site, &states), slot))
            }
            Asked::Catalogue(name) => {
                let kind = match name {
                    TURTLE => "text/turtle; charset=utf-8",
                    _ => "application/ld+json",
                };
                PageAnswer::small_file(&settings.dir.join(name), kind, None)
            }
            Asked::SetWithoutSlash(id) if find(id).is_some() => {
                Ok(PageAnswer::moved(StatusCode::PERMANENT_REDIRECT, &format!("{id}/")))
            }
            Asked::Set(id) => match find(id) {
                Some(set) => {
                    let state = SetState::read(settings, set)?;
                    Ok(PageAnswer::page(
                        StatusCode::OK,
                        page::set_page(settings, &state),
                        state.current_at(),
                    ))
                }
                None => Ok(self.nothing()),
            },
            Asked::History(id) => match find(id) {
                Some(set) => {
                    let state = SetState::read(settings, set)?;
                    PageAnswer::small_file(
                        &settings.dir.join(&set.id).join(HISTORY),
                        "application/json",
                        state.current_at(),
                    )
                }
                None => Ok(self.nothing()),
            },
            Asked::Latest(id, file) => match find(id) {
                Some(set) => self.latest(&SetState::read(settings, set)?, &file),
                None => Ok(self.nothing()),
            },
            Asked::File { set, revision, file } => match find(set) {
                Some(set) => self.file(set, revision, &file),
                None => Ok(self.nothing()),
            },
            Asked::SetWithoutSlash(_) | Asked::Nothing => Ok(self.nothing()),
        }
    }

    /// `latest/<resource>.<extension>` leads to the file of the newest revision; its own name says which.
    fn latest(
        &self,
        state: &SetState<'_>,
        file: &path::LatestFile<'_>,
    ) -> Result<PageAnswer, OpenError> {
        let Some(snapshot) = &state.snapshot else {
            return Ok(self.nothing());
        };
        match file {
            path::LatestFile::Described(name) => PageAnswer::small_file(
                &snapshot.folder.join(name),
                "application/json",
                Some(snapshot.published_at),
            ),
            path::LatestFile::Resource { name, format } => {
                let found = snapshot.manifest.resource(name).and_then(|entry| entry.file(*format));
                Ok(found.map_or_else(
                    || self.nothing(),
                    |file| {
                        PageAnswer::moved(
                            StatusCode::FOUND,
                            &format!("../{}/{}", snapshot.manifest.revision, file.path),
                        )
                    },
                ))
            }
        }
    }

    fn file(
        &self,
        set: &OpenSet,
        revision: &str,
        file: &path::RevisionFile<'_>,
    ) -> Result<PageAnswer, OpenError> {
        let Some(known) = published::revision(&self.settings, set, revision)? else {
            return Ok(self.nothing());
        };
        match file {
            path::RevisionFile::Described(name) => {
                let mut answer = PageAnswer::small_file(
                    &known.folder.join(name),
                    "application/json",
                    Some(known.published_at),
                )?;
                answer.caching = Caching::Forever;
                Ok(answer)
            }
            path::RevisionFile::Data(name) => {
                let entry = known.manifest.files().find(|entry| entry.path == *name);
                Ok(match entry {
                    Some(entry) => PageAnswer::data_file(&known.folder, entry, known.published_at)?,
                    None => self.nothing(),
                })
            }
        }
    }

    fn nothing(&self) -> PageAnswer {
        PageAnswer::page(
            StatusCode::NOT_FOUND,
            page::not_found(&self.settings.site, &self.settings.base_url),
            None,
        )
    }
}

impl Server {
    /// As bound, with the real port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Answers until the stop is asked for.
    pub async fn run(self, shutdown: &Shutdown) {
        let router = Router::new().fallback(respond).with_state(self.portal);
        self.listener.serve(self.socket, router, shutdown).await;
    }
}

async fn respond(State(portal): State<Arc<Portal>>, request: Request) -> Response {
    let metrics = portal.metrics.clone();
    let (parts, _) = request.into_parts();
    let response = if parts.method == Method::GET || parts.method == Method::HEAD {
        let path = parts.uri.path().to_owned();
        let answered = tokio::task::spawn_blocking(move || portal.answer(&path)).await;
        match answered {
            Ok(Ok(answer)) => answer.into_response(&parts),
            Ok(Err(failure)) => {
                use bangioc_runtime::failure::Failure as _;
                tracing::error!(code = failure.code(), error = %failure, "a page could not be built");
                answer::failed()
            }
            Err(_) => answer::failed(),
        }
    } else {
        answer::only_reading()
    };
    metrics.answered(response.status().as_u16());
    response
}
