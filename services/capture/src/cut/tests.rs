//! The decision table: what was, what is, what the open feed is told.

use bangioc_change::event::Origin;
use bangioc_change::version::Version;

use super::*;

const NOW: i64 = 1_767_000_000_000_000;

/// Columns: code (key), name (open, at most 8 characters), story (open), keeper (personal), public.
fn cutter(identity: &str) -> Cutter {
    let contract = format!(
        "
dataset: site
owner: so-nnmt
name: {{ vi: Điểm, en: Sites }}
kind: state
source: {{ table: dept.site, identity: {identity} }}
key: [code]
columns:
  code: {{ type: varchar(8), class: open, vi: Mã, en: Code, max_chars: 2 }}
  name: {{ type: text, class: open, vi: Tên, en: Name, required: true, max_chars: 8 }}
  story: {{ type: text, class: open, vi: Chuyện, en: Story }}
  keeper: {{ type: text, class: personal, vi: Người giữ, en: Keeper }}
  public: {{ type: boolean, class: internal, vi: Công khai, en: Public }}
open:
  columns: [name, code, story]
  rows: {{ public: [true] }}
"
    );
    let contract = Contract::from_yaml(&contract).expect("a sound contract");
    Cutter::new(&contract, RowFilter::Kept).expect("an open section")
}

fn indexed() -> Cutter {
    cutter("[code, public]")
}

/// `code name story keeper public`; `-` is null, `~` absent.
fn row(text: &str) -> RowBuf {
    text.split(' ')
        .map(|cell| match cell {
            "-" => Cell::Null,
            "~" => Cell::Absent(Absence::Toast),
            text => Cell::Text(text),
        })
        .collect()
}

enum OldRow<'a> {
    Nothing,
    Identity(&'a str),
    Whole(&'a str),
}
use OldRow::{Identity, Whole};

/// A change on its way through `cutter`: what is told, with the row that goes along.
fn told(cutter: &Cutter, op: Operation, said: OldRow<'_>, new: Option<&str>) -> String {
    told_to(cutter, op, said, new, Recipient::HasRow, None)
}

fn told_to(
    cutter: &Cutter,
    op: Operation,
    said: OldRow<'_>,
    new: Option<&str>,
    reader: Recipient,
    current: Option<&str>,
) -> String {
    let (old, new) = (
        match said {
            OldRow::Nothing => None,
            Identity(text) | Whole(text) => Some(row(text)),
        },
        new.map(row),
    );
    let old = match (&old, said) {
        (Some(old), Identity(_)) => Old::Identity(old.row()),
        (Some(old), Whole(_)) => Old::Whole(old.row()),
        _ => Old::Unsaid,
    };
    let change = Change {
        op,
        version: Version::default(),
        origin: Origin::default(),
        old,
        new: new.as_ref().map(RowBuf::row),
    };
    let mut out = RowBuf::default();
    let mut cut = cutter.cut(&change, reader, NOW, &mut out);
    let mut asked = "";
    if cut == Cut::NeedsWholeRow {
        asked = "asks, ";
        let current = current.map(row);
        cut = cutter.cut_whole(&change, current.as_ref().map(RowBuf::row), NOW, &mut out);
    }
    let Some(event) = cut.event(&change, &out) else {
        return format!("{asked}nothing");
    };
    let cells = event.keyed_row().map(|row| {
        row.cells()
            .map(|cell| match cell {
                Cell::Null => "-",
                Cell::Absent(_) => "~",
                Cell::Text(text) => text,
            })
            .collect::<Vec<_>>()
            .join(" ")
    });
    format!("{asked}{} {}", event.op.as_str(), cells.unwrap_or_default())
}

#[test]
fn an_insert_or_a_copied_row_is_told_when_it_is_open() {
    let cutter = indexed();
    for (op, letter) in [(Operation::Create, "c"), (Operation::Read, "r")] {
        let told = |new| told(&cutter, op, OldRow::Nothing, Some(new));
        assert_eq!(told("S1 name story An t"), format!("{letter} name S1 story"));
        assert_eq!(told("S1 name - - t"), format!("{letter} name S1 -"));
        assert_eq!(told("S1 name story An f"), "nothing");
        assert_eq!(told("S1 name story An -"), "nothing", "null is not true");
        assert_eq!(told("S1 far-too-long story An t"), "nothing", "broken");
    }
}

#[test]
fn an_update_whose_identity_stays_the_same() {
    let cutter = indexed();
    let told = |new| told(&cutter, Operation::Update, OldRow::Nothing, Some(new));
    assert_eq!(told("S1 name story An t"), "u name S1 story");
    assert_eq!(told("S1 name ~ An t"), "u name S1 ~", "absent stays absent");
    assert_eq!(told("S1 name story An f"), "nothing", "it never was open");
    assert_eq!(told("S1 far-too-long story An t"), "d - S1 -", "broken from now on");
    assert_eq!(told("S123 far-too-long story An t"), "nothing", "a broken key never went out");
}

#[test]
fn an_update_that_crosses_the_filter() {
    let cutter = indexed();
    let told = |old, new, current| {
        told_to(&cutter, Operation::Update, Identity(old), Some(new), Recipient::HasRow, current)
    };
    let (public, private) = ("S1 - - - t", "S1 - - - f");
    assert_eq!(told(private, "S1 name story An t", None), "c name S1 story");
    assert_eq!(told(public, "S1 name story An f", None), "d - S1 -");
    assert_eq!(told(private, "S1 name story An f", None), "nothing");
    assert_eq!(told(public, "S1 name story An t", None), "u name S1 story");
    // What did not travel is read back, and judged with the rest.
    let comes = "S1 name ~ An t";
    assert_eq!(told(private, comes, Some("S1 new told An t")), "asks, c new S1 told");
    assert_eq!(told(private, comes, Some("S1 new told An f")), "asks, nothing");
    assert_eq!(told(private, comes, Some("S1 far-too-long told An t")), "asks, nothing");
    assert_eq!(told(private, comes, None), "asks, nothing");
    // A private column that did not travel may be the one that breaks a rule.
    assert_eq!(
        told(private, "S1 name story ~ t", Some("S1 name story An t")),
        "asks, c name S1 story"
    );
}

/// What becomes of one column may hang on another, of which the update says nothing new.
#[test]
fn a_value_whose_inputs_came_in_part() {
    let contract = "
dataset: site
owner: so-nnmt
name: { vi: Điểm, en: Sites }
kind: state
source: { table: dept.site }
key: [code]
columns:
  code: { type: varchar(8), class: open, vi: Mã, en: Code }
  zone: { type: text, class: open, vi: Vùng, en: Zone }
  hidden: { type: boolean, class: internal, vi: Giấu, en: Hidden }
open:
  columns: [code, zone]
  transform:
    zone: { withhold_when: { hidden: [true] } }
";
    let contract = Contract::from_yaml(contract).expect("a sound contract");
    let cutter = Cutter::new(&contract, RowFilter::Kept).expect("an open section");
    let update = |new, current| {
        let (op, reader) = (Operation::Update, Recipient::HasRow);
        told_to(&cutter, op, OldRow::Nothing, Some(new), reader, current)
    };
    assert_eq!(update("S1 zone f", None), "u S1 zone");
    assert_eq!(update("S1 zone t", None), "u S1 -");
    assert_eq!(update("S1 ~ t", Some("S1 zone t")), "asks, u S1 -");
    assert_eq!(update("S1 ~ f", Some("S1 zone f")), "asks, u S1 zone");
    assert_eq!(update("S1 ~ f", None), "asks, d S1 -", "gone by now");
}

#[test]
fn a_delete_names_the_key_and_nothing_else() {
    let cutter = indexed();
    let told = |said| told(&cutter, Operation::Delete, said, None);
    assert_eq!(told(Identity("S1 - - - t")), "d - S1 -");
    assert_eq!(told(Identity("S1 - - - f")), "nothing");
    assert_eq!(told(Identity("S1 - - - -")), "nothing");
    assert_eq!(told(Identity("S123 - - - t")), "nothing", "a broken key");
    assert_eq!(told(Whole("S1 name story An t")), "d - S1 -");
    assert_eq!(told(Whole("S1 far-too-long story An t")), "nothing", "it was broken");
}

/// Twelve digits are a person's number: such a row is never public, whatever it says of itself, and of
/// what never was public nothing leaves, not even that it was deleted.
#[test]
fn a_personal_number_is_no_enterprise() {
    let contracts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let catalogue = bangioc_schemas::catalogue::Catalogue::read(&contracts).expect("sound");
    let contract = catalogue.get("business").expect("a contract");
    let cutter = Cutter::new(contract, RowFilter::Kept).expect("an open section");
    let texts = |code: &str, household: &str, whole: bool| {
        let cells = contract.columns.iter().map(|column| match (column.name.as_str(), whole) {
            ("enterprise_code", _) => code.to_owned(),
            ("is_household", _) => household.to_owned(),
            ("industries", true) => "{10740}".to_owned(),
            ("legal_reps", true) => "[]".to_owned(),
            ("status", true) => "active".to_owned(),
            ("founded_on", true) => "2019-04-02".to_owned(),
            ("change_no", true) => "0".to_owned(),
            ("changed_at", true) => "2026-01-01T00:00:00Z".to_owned(),
            ("name_vi" | "entity_type", true) => "MAU".to_owned(),
            _ => "-".to_owned(),
        });
        cells.collect::<Vec<_>>().join(" ")
    };
    let (person, firm) = ("004185999904", "4899999017");
    let all = |code, household| texts(code, household, true);
    let known = |code, household| texts(code, household, false);
    let insert = |row: &str| told(&cutter, Operation::Create, OldRow::Nothing, Some(row));
    let update = |old: Option<&str>, row: &str| {
        let said = old.map_or(OldRow::Nothing, Identity);
        told(&cutter, Operation::Update, said, Some(row))
    };
    let delete = |row: &str| told(&cutter, Operation::Delete, Identity(row), None);
    let seen = |letter, code| format!("{letter} {code} MAU - - MAU active 2019-04-02 - -");
    assert_eq!(insert(&all(firm, "f")), seen("c", firm));
    for household in ["t", "f"] {
        assert_eq!(insert(&all(person, household)), "nothing");
        assert_eq!(update(None, &all(person, household)), "nothing");
        assert_eq!(delete(&known(person, household)), "nothing");
        // A household that becomes a firm, under another key or with the flag alone, and the other way.
        let was = known(person, household);
        assert_eq!(update(Some(&was), &all(firm, "f")), seen("c", firm));
        for becomes in ["t", "f"] {
            assert_eq!(update(Some(&was), &all(person, becomes)), "nothing");
        }
    }
    assert_eq!(delete(&known(firm, "f")), format!("d {firm}{}", " -".repeat(8)));
}

#[test]
fn with_the_whole_old_row_nothing_is_guessed() {
    let cutter = cutter("full");
    let told = |old, new| told(&cutter, Operation::Update, Whole(old), Some(new));
    let open = "S1 name story An t";
    assert_eq!(told(open, "S1 name story Ba t"), "nothing", "only private columns changed");
    assert_eq!(told(open, "S1 other story An t"), "u other S1 story");
    assert_eq!(told(open, "S1 far-too-long story An t"), "d - S1 -");
    assert_eq!(told("S1 far-too-long story An t", open), "c name S1 story", "mended");
    assert_eq!(told("S1 far-too-long story An t", "S1 far-too-long story Ba t"), "nothing");
    assert_eq!(told("S1 name story An f", open), "c name S1 story");
    assert_eq!(told("S1 name story An f", "S1 name story Ba f"), "nothing");
}

/// Readers may not have the row yet, so it comes whole, or not at all.
#[test]
fn while_the_dataset_is_copied() {
    let cutter = indexed();
    let told = |new, current| {
        told_to(
            &cutter,
            Operation::Update,
            OldRow::Nothing,
            Some(new),
            Recipient::MayLackRow,
            current,
        )
    };
    assert_eq!(told("S1 name story An t", None), "u name S1 story");
    assert_eq!(told("S1 name ~ An t", Some("S1 new told An t")), "asks, u new S1 told");
    assert_eq!(told("S1 name ~ An t", Some("S1 new told An f")), "asks, d - S1 -");
    assert_eq!(told("S1 name ~ An t", None), "asks, d - S1 -");
    assert_eq!(told("S1 name ~ An f", Some("S1 new told An t")), "nothing");
}

#[test]
fn a_truncate_is_for_everyone() {
    assert_eq!(told(&indexed(), Operation::Truncate, OldRow::Nothing, None), "t ");
}

/// Switched off, it would publish private rows: the tests above can fail.
#[test]
fn the_filter_is_needed() {
    let mut cutter = indexed();
    cutter.filter = RowFilter::Ignored;
    let insert = told(&cutter, Operation::Create, OldRow::Nothing, Some("S1 name story An f"));
    assert_eq!(insert, "c name S1 story");
}

#[test]
fn another_projection_has_another_form() {
    assert_eq!(indexed().form(), indexed().form());
    assert_eq!(indexed().form(), cutter("full").form(), "the same rows either way");
    let contract = "
dataset: site
owner: so-nnmt
name: { vi: Điểm, en: Sites }
kind: state
source: { table: dept.site }
key: [code]
columns:
  code: { type: varchar(8), class: open, vi: Mã, en: Code }
  name: { type: text, class: open, vi: Tên, en: Name }
  story: { type: text, class: open, vi: Chuyện, en: Story }
open: { columns: [name, code, story] }
";
    let unfiltered = Cutter::new(&Contract::from_yaml(contract).unwrap(), RowFilter::Kept).unwrap();
    assert_ne!(indexed().form(), unfiltered.form());
}
