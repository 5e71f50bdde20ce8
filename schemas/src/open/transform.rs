//! What becomes of a value before it is public: another reference system, a coarser number, nothing.

use serde_json::{Map, Value, json};

use super::border::Mask;
use super::geojson as written;
use super::keys;
use super::vn2000::Zone;
use crate::canonical::unordered;
use crate::column_type::ColumnType;
use crate::row::{Cell, Row, RowBuf};
use crate::rules::condition::Condition;
use crate::rules::geometry::{Figure, Point, UNITS_PER_DEGREE, UNITS_PER_METRE, geojson, wkt};
use bangioc_postgres_text::decimal::Decimal;
use bangioc_postgres_text::rounding::Grain;

/// Outlines of the whole province have fewer; a limit of the row's own is a rule of its contract.
const MAX_VERTICES: usize = 200_000;

#[derive(Clone, Debug)]
pub(crate) struct Transform {
    /// Null in these rows.
    pub(crate) withhold_when: Option<Condition>,
    /// Null near the border. For outlines only.
    pub(crate) mask: Option<Mask>,
    pub(crate) change: ColumnChange,
}

#[derive(Clone, Debug)]
pub(crate) enum ColumnChange {
    /// The value as it is, where it isn't withheld.
    Keep,
    /// VN-2000 well-known text → GeoJSON of WGS84.
    Wgs84(System),
    /// GeoJSON, read and written anew: its figure and nothing that stands beside it.
    Outline,
    /// Of a JSON value, these keys.
    Keys(Vec<String>),
    Round(Round),
}

/// Which reference system the coordinates are in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum System {
    Column(usize),
    Fixed(Zone),
}

#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) grain: Grain,
    pub(crate) column_type: ColumnType,
    /// In these rows only; in all when None.
    pub(crate) when: Option<Condition>,
}

impl Transform {
    /// The columns, besides its own, that the value hangs on.
    pub(crate) fn inputs(&self) -> Vec<usize> {
        let mut inputs: Vec<usize> =
            self.withhold_when.iter().flat_map(Condition::columns).collect();
        match &self.change {
            ColumnChange::Keep
            | ColumnChange::Wgs84(System::Fixed(_))
            | ColumnChange::Outline
            | ColumnChange::Keys(_) => {}
            ColumnChange::Wgs84(System::Column(srid)) => inputs.push(*srid),
            ColumnChange::Round(round) => {
                inputs.extend(round.when.iter().flat_map(Condition::columns));
            }
        }
        inputs
    }

    pub(crate) fn result_type(&self, column_type: &ColumnType) -> ColumnType {
        match self.change {
            ColumnChange::Wgs84(_) => ColumnType::Json,
            ColumnChange::Keep
            | ColumnChange::Outline
            | ColumnChange::Keys(_)
            | ColumnChange::Round(_) => column_type.clone(),
        }
    }

    /// Words for ever: a form that is kept is compared with one of a later version.
    pub(crate) fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        let mut form = Map::new();
        let change = match &self.change {
            ColumnChange::Keep => json!("keep"),
            ColumnChange::Outline => json!("outline"),
            ColumnChange::Keys(keys) => {
                json!({ "keys": unordered(keys.iter().map(|key| json!(key))) })
            }
            ColumnChange::Wgs84(System::Column(srid)) => {
                json!({ "wgs84": { "column": name(*srid) } })
            }
            ColumnChange::Wgs84(System::Fixed(zone)) => json!({ "wgs84": { "srid": zone.srid() } }),
            ColumnChange::Round(round) => {
                let when = round.when.as_ref().map(|when| when.form(name));
                json!({ "round": { "to": round.grain.to_string(), "when": when } })
            }
        };
        form.insert("change".into(), change);
        if let Some(mask) = &self.mask {
            let border = json!({ "metres": mask.metres, "line": mask.border.digest() });
            form.insert("border".into(), border);
        }
        if let Some(when) = &self.withhold_when {
            form.insert("withhold_when".into(), when.form(name));
        }
        Value::Object(form)
    }

    pub(crate) fn describe(&self, column: usize, name: &dyn Fn(usize) -> String) -> String {
        let mut words = match &self.change {
            ColumnChange::Keep => Vec::new(),
            ColumnChange::Outline => vec!["its figure alone".to_owned()],
            ColumnChange::Keys(keys) => vec![format!("only its {}", keys.join(", "))],
            ColumnChange::Wgs84(System::Column(srid)) => vec![format!(
                "{} as GeoJSON of WGS84, from the system that {} names",
                name(column),
                name(*srid)
            )],
            ColumnChange::Wgs84(System::Fixed(zone)) => {
                vec![format!("{} as GeoJSON of WGS84, from EPSG:{}", name(column), zone.srid())]
            }
            ColumnChange::Round(round) => {
                let when = round
                    .when
                    .as_ref()
                    .map(|when| format!(" when {}", when.describe(name)))
                    .unwrap_or_default();
                vec![format!("rounded to {}{when}", round.grain)]
            }
        };
        words.extend(
            self.mask
                .as_ref()
                .map(|mask| format!("left out within {} m of the border", mask.metres)),
        );
        words.extend(
            self.withhold_when
                .as_ref()
                .map(|when| format!("left out when {}", when.describe(name))),
        );
        words.join(", ")
    }

    /// All inputs are there. What can't be transformed becomes null: never the value itself.
    pub(crate) fn push(&self, row: Row<'_>, column: usize, out: &mut RowBuf) {
        let holds = |condition: &Condition| condition.holds(row) == Some(true);
        if self.withhold_when.as_ref().is_some_and(holds) {
            out.push(Cell::Null);
            return;
        }
        let changed = match (&self.change, row.cell(column)) {
            (ColumnChange::Keep, cell) => {
                out.push(cell);
                return;
            }
            (ColumnChange::Round(round), cell) if !round.when.as_ref().is_none_or(holds) => {
                out.push(cell);
                return;
            }
            (_, Cell::Null | Cell::Absent(_)) => None,
            (ColumnChange::Wgs84(system), Cell::Text(text)) => system
                .zone(row)
                .and_then(|zone| figure_of_wgs84(zone, text))
                .filter(|figure| !self.masks(figure, written::UNITS_PER_DEGREE))
                .and_then(|figure| written::geometry(&figure)),
            (ColumnChange::Outline, Cell::Text(text)) => geojson::figure(text, MAX_VERTICES)
                .filter(|figure| !self.masks(figure, UNITS_PER_DEGREE))
                .and_then(|figure| written::geometry(&figure.moved(coarser))),
            (ColumnChange::Keys(names), Cell::Text(text)) => keys::named(text, names),
            (ColumnChange::Round(round), Cell::Text(text)) => round.text(text),
        };
        out.push(changed.as_deref().map_or(Cell::Null, Cell::Text));
    }

    /// Does the figure, in so many units a degree, lie near the border?
    fn masks(&self, figure: &Figure, units_per_degree: f64) -> bool {
        let mask = self.mask.as_ref();
        mask.is_some_and(|mask| mask.hides(figure, units_per_degree))
    }
}

impl System {
    fn zone(self, row: Row<'_>) -> Option<Zone> {
        match self {
            System::Column(srid) => row.cell(srid).text().and_then(Zone::of),
            System::Fixed(zone) => Some(zone),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "coordinates in the country have 12 digits, and what lies elsewhere saturates"
)]
fn figure_of_wgs84(zone: Zone, text: &str) -> Option<Figure> {
    let metres = |units: i64| units as f64 / UNITS_PER_METRE as f64;
    let units = |degrees: f64| (degrees * written::UNITS_PER_DEGREE).round() as i64;
    let figure = wkt::figure(text, MAX_VERTICES)?;
    Some(figure.moved(|Point { east, north }| {
        let (longitude, latitude) = zone.to_wgs84(metres(east), metres(north));
        Point { east: units(longitude), north: units(latitude) }
    }))
}

/// From the units in which GeoJSON is judged to those in which it is written.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "whole numbers below 2^53, as is what comes of them"
)]
fn coarser(Point { east, north }: Point) -> Point {
    let units = |fine: i64| (fine as f64 / UNITS_PER_DEGREE * written::UNITS_PER_DEGREE).round();
    Point { east: units(east) as i64, north: units(north) as i64 }
}

impl Round {
    fn text(&self, text: &str) -> Option<String> {
        // A float with an exponent is written out by Rust. NaN and infinity are no decimals either way.
        let plain = match Decimal::parse(text) {
            Some(_) => text.to_owned(),
            None => text.parse::<f64>().ok()?.to_string(),
        };
        let decimal = Decimal::parse(&plain)?;
        let rounded = decimal.rounded(self.grain)?;
        match self.column_type {
            ColumnType::Numeric { precision, scale } => {
                let (precision, scale) =
                    (usize::try_from(precision).ok()?, usize::try_from(scale).ok()?);
                // 99.9 to the nearest ten may need a digit more than the column has.
                (rounded.whole_digits() + scale <= precision).then(|| rounded.with_scale(scale))
            }
            ColumnType::NumericAny => Some(rounded.with_scale(self.grain.scale)),
            // From 10¹⁵ on PostgreSQL writes floats with an exponent.
            _ => (rounded.whole_digits() <= 15).then(|| rounded.shortest()),
        }
    }
}
