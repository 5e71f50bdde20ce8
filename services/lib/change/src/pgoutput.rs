//! What a logical replication slot sends: pgoutput, protocol version 1, text format. Messages borrow
//! from the frame. Source: PostgreSQL's manual, "Logical Replication Message Formats".

use crate::version::Lsn;

/// Microseconds between PostgreSQL's epoch, 2000-01-01, and 1970-01-01.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;

#[derive(Clone, Debug)]
pub enum Message<'a> {
    /// `committed_at_us`: microseconds since 1970, as in all of this crate.
    Begin {
        final_lsn: Lsn,
        committed_at_us: i64,
        xid: u32,
    },
    Commit {
        commit_lsn: Lsn,
        end_lsn: Lsn,
        committed_at_us: i64,
    },
    Origin {
        commit_lsn: Lsn,
        name: &'a str,
    },
    Relation(Relation<'a>),
    /// A type that is not built in, by name: sent before the relation that uses it.
    Type {
        id: u32,
        namespace: &'a str,
        name: &'a str,
    },
    Insert {
        relation: u32,
        new: Tuple<'a>,
    },
    /// `old_key`: the identity's columns, when one of them changed. `old_full`: with identity FULL.
    Update {
        relation: u32,
        old_key: Option<Tuple<'a>>,
        old_full: Option<Tuple<'a>>,
        new: Tuple<'a>,
    },
    Delete {
        relation: u32,
        old_key: Option<Tuple<'a>>,
        old_full: Option<Tuple<'a>>,
    },
    Truncate {
        relations: Vec<u32>,
        cascade: bool,
        restart_identity: bool,
    },
    /// `pg_logical_emit_message`.
    LogicalMessage {
        transactional: bool,
        lsn: Lsn,
        prefix: &'a str,
        content: &'a [u8],
    },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Relation<'a> {
    pub id: u32,
    /// Empty for `pg_catalog`.
    pub namespace: &'a str,
    pub name: &'a str,
    pub identity: ReplicaIdentity,
    pub columns: Vec<RelationColumn<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplicaIdentity {
    Default,
    Nothing,
    Full,
    Index,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelationColumn<'a> {
    /// Part of the replica identity.
    pub in_identity: bool,
    pub name: &'a str,
    pub type_id: u32,
    /// `atttypmod`; −1 when the type has none.
    pub type_modifier: i32,
}

/// One row's values, in the order of the relation's columns. Checked when parsed, so that walking it
/// can't fail.
#[derive(Clone, Copy)]
pub struct Tuple<'a> {
    columns: u16,
    bytes: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Datum<'a> {
    Null,
    /// A TOASTed value that an update left alone.
    Unchanged,
    Text(&'a [u8]),
}

impl std::fmt::Debug for Tuple<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tuple({} columns)", self.columns)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PgoutputError {
    #[error("replication message is cut short")]
    Truncated,
    #[error("replication message has trailing bytes")]
    TrailingBytes,
    #[error("replication message of unknown kind `{0:#04x}`")]
    UnknownKind(u8),
    #[error("replication message holds a name that is not UTF-8")]
    Name,
    #[error("replication message holds an unknown mark `{0:#04x}`")]
    UnknownMark(u8),
}

pub fn parse(frame: &[u8]) -> Result<Message<'_>, PgoutputError> {
    let mut frame = Unread { rest: frame };
    let message = match frame.u8()? {
        b'B' => Message::Begin {
            final_lsn: frame.lsn()?,
            committed_at_us: frame.time()?,
            xid: frame.u32()?,
        },
        b'C' => {
            frame.u8()?;
            Message::Commit {
                commit_lsn: frame.lsn()?,
                end_lsn: frame.lsn()?,
                committed_at_us: frame.time()?,
            }
        }
        b'I' => {
            let relation = frame.u32()?;
            frame.mark(b'N')?;
            Message::Insert { relation, new: frame.tuple()? }
        }
        b'U' => frame.update()?,
        b'D' => {
            let relation = frame.u32()?;
            let (old_key, old_full) = match frame.u8()? {
                b'K' => (Some(frame.tuple()?), None),
                b'O' => (None, Some(frame.tuple()?)),
                mark => return Err(PgoutputError::UnknownMark(mark)),
            };
            Message::Delete { relation, old_key, old_full }
        }
        b'R' => Message::Relation(frame.relation()?),
        b'Y' => Message::Type { id: frame.u32()?, namespace: frame.name()?, name: frame.name()? },
        b'T' => frame.truncate()?,
        b'O' => Message::Origin { commit_lsn: frame.lsn()?, name: frame.name()? },
        b'M' => {
            let transactional = frame.u8()? & 1 == 1;
            let (lsn, prefix) = (frame.lsn()?, frame.name()?);
            let length = frame.u32()?;
            Message::LogicalMessage { transactional, lsn, prefix, content: frame.take(length)? }
        }
        kind => return Err(PgoutputError::UnknownKind(kind)),
    };
    if frame.rest.is_empty() { Ok(message) } else { Err(PgoutputError::TrailingBytes) }
}

struct Unread<'a> {
    rest: &'a [u8],
}

impl<'a> Unread<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], PgoutputError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(PgoutputError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, PgoutputError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, PgoutputError> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, PgoutputError> {
        self.array().map(u32::from_be_bytes)
    }

    fn lsn(&mut self) -> Result<Lsn, PgoutputError> {
        self.array().map(u64::from_be_bytes).map(Lsn)
    }

    fn time(&mut self) -> Result<i64, PgoutputError> {
        Ok(i64::from_be_bytes(self.array()?).saturating_add(POSTGRES_EPOCH_US))
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], PgoutputError> {
        let (taken, rest) =
            self.rest.split_at_checked(length as usize).ok_or(PgoutputError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn name(&mut self) -> Result<&'a str, PgoutputError> {
        let end = self.rest.iter().position(|byte| *byte == 0).ok_or(PgoutputError::Truncated)?;
        let name = std::str::from_utf8(&self.rest[..end]).map_err(|_| PgoutputError::Name)?;
        self.rest = &self.rest[end + 1..];
        Ok(name)
    }

    fn mark(&mut self, expected: u8) -> Result<(), PgoutputError> {
        match self.u8()? {
            mark if mark == expected => Ok(()),
            mark => Err(PgoutputError::UnknownMark(mark)),
        }
    }

    fn update(&mut self) -> Result<Message<'a>, PgoutputError> {
        let relation = self.u32()?;
        let (mut old_key, mut old_full) = (None, None);
        match self.u8()? {
            b'K' => old_key = Some(self.tuple()?),
            b'O' => old_full = Some(self.tuple()?),
            b'N' => {
                return Ok(Message::Update { relation, old_key, old_full, new: self.tuple()? });
            }
            mark => return Err(PgoutputError::UnknownMark(mark)),
        }
        self.mark(b'N')?;
        Ok(Message::Update { relation, old_key, old_full, new: self.tuple()? })
    }

    fn relation(&mut self) -> Result<Relation<'a>, PgoutputError> {
        let (id, namespace, name) = (self.u32()?, self.name()?, self.name()?);
        let identity = match self.u8()? {
            b'd' => ReplicaIdentity::Default,
            b'n' => ReplicaIdentity::Nothing,
            b'f' => ReplicaIdentity::Full,
            b'i' => ReplicaIdentity::Index,
            mark => return Err(PgoutputError::UnknownMark(mark)),
        };
        let count = self.u16()?;
        // Not `with_capacity(count)`: a count is a claim until the columns are there.
        let mut columns = Vec::new();
        for _ in 0..count {
            columns.push(RelationColumn {
                in_identity: self.u8()? & 1 == 1,
                name: self.name()?,
                type_id: self.u32()?,
                type_modifier: self.u32()?.cast_signed(),
            });
        }
        Ok(Relation { id, namespace, name, identity, columns })
    }

    fn truncate(&mut self) -> Result<Message<'a>, PgoutputError> {
        let (count, options) = (self.u32()?, self.u8()?);
        let mut relations = Vec::new();
        for _ in 0..count {
            relations.push(self.u32()?);
        }
        Ok(Message::Truncate {
            relations,
            cascade: options & 1 == 1,
            restart_identity: options & 2 == 2,
        })
    }

    fn tuple(&mut self) -> Result<Tuple<'a>, PgoutputError> {
        let columns = self.u16()?;
        let start = self.rest;
        for _ in 0..columns {
            match self.u8()? {
                b'n' | b'u' => {}
                b't' => {
                    let length = self.u32()?;
                    self.take(length)?;
                }
                // `b` is the binary format, which we never ask for.
                mark => return Err(PgoutputError::UnknownMark(mark)),
            }
        }
        Ok(Tuple { columns, bytes: &start[..start.len() - self.rest.len()] })
    }
}

impl<'a> Tuple<'a> {
    pub fn len(&self) -> usize {
        usize::from(self.columns)
    }

    pub fn is_empty(&self) -> bool {
        self.columns == 0
    }

    pub fn iter(&self) -> Datums<'a> {
        Datums { rest: self.bytes }
    }
}

impl<'a> IntoIterator for &Tuple<'a> {
    type Item = Datum<'a>;
    type IntoIter = Datums<'a>;

    fn into_iter(self) -> Datums<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for Tuple<'a> {
    type Item = Datum<'a>;
    type IntoIter = Datums<'a>;

    fn into_iter(self) -> Datums<'a> {
        self.iter()
    }
}

/// Walks a checked tuple.
#[derive(Clone)]
pub struct Datums<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Datums<'a> {
    type Item = Datum<'a>;

    #[inline]
    fn next(&mut self) -> Option<Datum<'a>> {
        match self.rest {
            [b'n', rest @ ..] => {
                self.rest = rest;
                Some(Datum::Null)
            }
            [b'u', rest @ ..] => {
                self.rest = rest;
                Some(Datum::Unchanged)
            }
            [_, a, b, c, d, rest @ ..] => {
                let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
                let (text, rest) = rest.split_at_checked(length)?;
                self.rest = rest;
                Some(Datum::Text(text))
            }
            _ => None,
        }
    }
}
