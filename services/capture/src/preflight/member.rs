//! A table, or one of its partitions, and the indexes that may tell its rows apart.

/// What PostgreSQL says of a table's rows, and could say: of the table itself, or of one of its partitions.
#[derive(Clone, Default, Debug)]
pub(super) struct TableMember {
    pub(super) oid: i64,
    /// `relreplident`: `d`, `n`, `f`, `i`.
    pub(super) identity: String,
    pub(super) indexes: Vec<Index>,
}

#[expect(clippy::struct_excessive_bools, reason = "what the catalogue says, one by one")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Index {
    pub(super) name: String,
    /// Those that it is unique by.
    pub(super) columns: Vec<String>,
    pub(super) primary: bool,
    pub(super) chosen: bool,
    pub(super) valid: bool,
    /// Unique, at once, over columns alone and over all rows.
    pub(super) firm: bool,
}

impl TableMember {
    /// All of the old row, or these columns of it.
    pub(super) fn says(&self) -> Option<&[String]> {
        let named = match self.identity.as_str() {
            "f" => return None,
            "d" => self.indexes.iter().find(|index| index.primary),
            "i" => self.indexes.iter().find(|index| index.chosen),
            _ => None,
        };
        Some(named.filter(|index| index.can_identify()).map_or(&[], |index| &index.columns))
    }

    pub(super) fn covers(&self, columns: &[&str]) -> bool {
        self.says()
            .is_none_or(|said| columns.iter().all(|column| said.iter().any(|one| one == column)))
    }

    pub(super) fn is_full(&self) -> bool {
        self.says().is_none()
    }

    pub(super) fn primary(&self) -> Option<&Index> {
        self.indexes.iter().find(|index| index.primary)
    }
}

impl Index {
    pub(super) fn can_identify(&self) -> bool {
        self.valid && self.firm
    }

    pub(super) fn is_over(&self, columns: &[&str]) -> bool {
        self.columns.len() == columns.len()
            && columns.iter().all(|column| self.columns.iter().any(|one| one == column))
    }
}

/// Name, columns, and of `p`rimary, chosen as `i`dentity, not valid (`x`), not firm (`w`) those that hold.
#[cfg(test)]
pub(super) type IndexCase = (&'static str, &'static [&'static str], &'static str);

/// For tests of what is advised.
#[cfg(test)]
pub(super) fn member(identity: &str, indexes: &[IndexCase]) -> TableMember {
    let index = |(name, columns, flags): &IndexCase| Index {
        name: (*name).to_owned(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        primary: flags.contains('p'),
        chosen: flags.contains('i'),
        valid: !flags.contains('x'),
        firm: !flags.contains('w'),
    };
    TableMember {
        oid: 1,
        identity: identity.to_owned(),
        indexes: indexes.iter().map(index).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_old_row_says() {
        type SaidCase = (&'static str, &'static [IndexCase], Option<&'static [&'static str]>);
        const PK: IndexCase = ("t_pkey", &["id"], "p");
        let cases: [SaidCase; 7] = [
            ("d", &[PK], Some(&["id"])),
            ("d", &[], Some(&[])),
            ("n", &[PK], Some(&[])),
            ("f", &[PK], None),
            ("i", &[PK, ("u", &["code", "id"], "i")], Some(&["code", "id"])),
            // The chosen index was dropped; it failed to build.
            ("i", &[PK], Some(&[])),
            ("i", &[("u", &["code"], "ix")], Some(&[])),
        ];
        for (identity, indexes, expected) in cases {
            let member = member(identity, indexes);
            let said = member.says().map(<[String]>::to_vec);
            let expected =
                expected.map(|columns| columns.iter().map(|column| (*column).to_owned()).collect());
            assert_eq!(said, expected, "{identity} {indexes:?}");
        }
        let deferrable = member("d", &[("t_pkey", &["id"], "pw")]);
        assert!(!deferrable.covers(&["id"]));
        assert!(member("f", &[]).covers(&["anything"]));
    }
}
