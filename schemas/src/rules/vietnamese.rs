//! The rules in Vietnamese, for the departments whose rows break them. In the same order as the English words of
//! [`ColumnRules::describe`] and [`RowRule::describe`], and exhaustive, so that a new rule has to be said in both.

use super::condition::Condition;
use super::json::{JsonShape, Outer};
use super::row::{RowRule, RowRuleKind};
use super::value::{ColumnRules, Range, ValueRule};

pub(crate) fn of_column(rules: &ColumnRules) -> Vec<String> {
    let each = if rules.is_array { "mỗi phần tử " } else { "" };
    let mut words = Vec::new();
    if rules.required {
        words.push("bắt buộc có giá trị".to_owned());
    }
    if let Some(max) = rules.max_chars.filter(|_| !rules.max_in_type) {
        words.push(format!("{each}không quá {max} ký tự"));
    }
    words.extend(rules.max_items.map(|max| format!("không quá {max} phần tử")));
    if rules.no_credentials {
        words.push(
            "không chứa tài khoản, mật khẩu trong địa chỉ URL: nếu có, bản ghi bị coi là mật"
                .to_owned(),
        );
    }
    words.extend(rules.rules.iter().map(|rule| format!("{each}{}", of_value(rule))));
    words
}

fn of_value(rule: &ValueRule) -> String {
    match rule {
        ValueRule::Pattern { written, .. } => format!("đúng mẫu {written}"),
        ValueRule::Listed { list, .. } => match list.strip_prefix("code list ") {
            Some(list) => format!("thuộc danh mục {list}"),
            None => format!("thuộc {list}"),
        },
        ValueRule::Range(range) => in_range(*range),
        ValueRule::MultipleOf(step) => format!("là bội số của {step}"),
        ValueRule::Finite => "không phải NaN hay vô cực".into(),
        ValueRule::Decimals(max) => format!("không quá {max} chữ số thập phân"),
        ValueRule::TaxCode => {
            "là mã số thuế có chữ số kiểm tra đúng, hoặc số định danh 12 chữ số".into()
        }
        ValueRule::NotAfterToday => "không sau ngày hôm nay".into(),
        ValueRule::Json(shape) => of_json(shape),
        ValueRule::StartsWith(prefix) => format!("bắt đầu bằng {}", prefix.escape_ascii()),
        ValueRule::MaxBytes { max, .. } => format!("không quá {max} byte"),
        ValueRule::NoMarkup => "không chứa thẻ HTML".into(),
        ValueRule::Name => "chỉ gồm các chữ cái của họ tên".into(),
        ValueRule::NotHan => "không chứa chữ Hán".into(),
    }
}

fn of_json(shape: &JsonShape) -> String {
    let mut words = vec![match shape.outer {
        Some(Outer::Array) => "là mảng JSON".to_owned(),
        Some(Outer::Object) => "là đối tượng JSON".to_owned(),
        None => "là JSON".to_owned(),
    }];
    words.extend(shape.max_items.map(|max| format!("không quá {max} phần tử")));
    if !shape.item_keys.is_empty() {
        words.push(format!("mỗi phần tử có {}", shape.item_keys.join(", ")));
    }
    words.extend(shape.max_bytes.map(|max| format!("không quá {max} byte")));
    words.join(", ")
}

fn in_range(range: Range) -> String {
    let relation = if range.above { "lớn hơn" } else { "từ" };
    match (range.min.is_finite(), range.max.is_finite()) {
        (true, true) if range.above => format!("lớn hơn {} và không quá {}", range.min, range.max),
        (true, true) => format!("từ {} đến {}", range.min, range.max),
        (true, false) => {
            format!("{relation} {}{}", range.min, if range.above { "" } else { " trở lên" })
        }
        (false, _) => format!("không quá {}", range.max),
    }
}

pub(crate) fn of_row(rule: &RowRule, name: &dyn Fn(usize) -> String) -> String {
    let words = between(&rule.kind, name);
    match &rule.when {
        Some(when) => format!("{words}, khi {}", condition(when, name)),
        None => words,
    }
}

fn condition(when: &Condition, name: &dyn Fn(usize) -> String) -> String {
    let terms = when
        .terms
        .iter()
        .map(|term| format!("{} là {}", name(term.column), term.written.join(" hoặc ")));
    terms.collect::<Vec<_>>().join(" và ")
}

fn between(rule: &RowRuleKind, name: &dyn Fn(usize) -> String) -> String {
    match rule {
        RowRuleKind::Secret(rule) => format!(
            "bản ghi là mật trừ khi {} là {}",
            name(rule.column),
            rule.allowed.join(" hoặc ")
        ),
        RowRuleKind::Require(rule) => {
            format!("{} bắt buộc có giá trị", listed(&rule.columns, name))
        }
        RowRuleKind::Limit(rule) => format!("{} {}", name(rule.column), in_range(rule.range)),
        RowRuleKind::Form(rule) => format!("{} đúng mẫu {}", name(rule.column), rule.written),
        RowRuleKind::Member(rule) => {
            format!("{} là một phần tử của {}", name(rule.column), name(rule.of))
        }
        RowRuleKind::BranchParent(rule) => format!(
            "mã chi nhánh ở {} có mười chữ số đầu ghi ở {}",
            name(rule.code),
            name(rule.parent)
        ),
        RowRuleKind::Sha256(rule) => {
            format!("{} là mã băm SHA-256 của {}", name(rule.hash), name(rule.content))
        }
        RowRuleKind::Order(rule) => format!("{} theo đúng thứ tự này", listed(&rule.columns, name)),
        RowRuleKind::Window(rule) => format!(
            "{} không sớm hơn {} quá {} và không muộn hơn quá {}",
            name(rule.column),
            name(rule.of),
            span(rule.before_us),
            span(rule.after_us)
        ),
        RowRuleKind::RecordDate(rule) => {
            format!("ngày ghi trong {} trùng với ngày của {}", name(rule.code), name(rule.of))
        }
        RowRuleKind::ConsecutiveYears(rule) => {
            format!("{} ghi hai năm liên tiếp", name(rule.column))
        }
        RowRuleKind::PersonalId(rule) => {
            let others = [rule.sex, rule.birth_date, rule.birth_text];
            let others: Vec<usize> = others.into_iter().flatten().collect();
            format!("số định danh ở {} khớp với {}", name(rule.id), listed(&others, name))
        }
        RowRuleKind::PartialDate(rule) => {
            let text = rule.text.map(|text| format!(" và {}", name(text))).unwrap_or_default();
            format!("{}{text} chính xác đến mức {} nêu", name(rule.date), name(rule.precision))
        }
        RowRuleKind::Outline(rule) => {
            let area = rule.area.map(|area| {
                format!(", diện tích chênh không quá 1 % hoặc 5 m² so với {}", name(area))
            });
            let system = rule.system.as_ref().map(|system| {
                format!(", {} là một trong {}", name(system.column), system.srids.join(", "))
            });
            format!(
                "{} là đa giác đơn trong địa bàn tỉnh, không quá {} đỉnh{}{}",
                name(rule.wkt),
                rule.max_vertices,
                area.unwrap_or_default(),
                system.unwrap_or_default()
            )
        }
        RowRuleKind::GeoJson(rule) => format!(
            "{} là hình GeoJSON đơn trong địa bàn tỉnh, không quá {} đỉnh",
            name(rule.column),
            rule.max_vertices
        ),
        RowRuleKind::Measurement(rule) => format!(
            "{}, {} và {} khớp với danh mục {}",
            name(rule.parameter),
            name(rule.unit),
            name(rule.value),
            rule.list.trim_start_matches("code list ")
        ),
        RowRuleKind::JsonNumbers(rule) => {
            let fields = rule.fields.iter();
            let fields = fields.map(|(field, range)| format!("{field} {}", in_range(*range)));
            format!("trong {}: {}", name(rule.column), fields.collect::<Vec<_>>().join(", "))
        }
        RowRuleKind::Sum(rule) => {
            let signed = |columns: &[usize], sign: &str| -> Vec<String> {
                columns.iter().map(|column| format!("{sign} {}", name(*column))).collect()
            };
            let terms = [signed(&rule.plus, "+"), signed(&rule.minus, "-")].concat().join(" ");
            let terms = terms.strip_prefix("+ ").unwrap_or(&terms);
            format!("{} bằng {terms}", name(rule.total))
        }
    }
}

fn span(span_us: i64) -> String {
    match span_us / 1_000_000 {
        seconds if seconds % 86_400 == 0 => format!("{} ngày", seconds / 86_400),
        seconds if seconds % 60 == 0 => format!("{} phút", seconds / 60),
        seconds => format!("{seconds} giây"),
    }
}

/// `a, b và c`
fn listed(columns: &[usize], name: &dyn Fn(usize) -> String) -> String {
    let names: Vec<String> = columns.iter().map(|column| name(*column)).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} và {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn what_is_said_in_one_language_is_said_in_the_other() {
        let range = Range { min: 1.0, above: true, max: 9.0 };
        let rules = ColumnRules {
            required: true,
            is_array: true,
            max_items: Some(3),
            no_credentials: true,
            max_chars: Some(9),
            rules: vec![
                ValueRule::Pattern { whole: Regex::new("^a$").unwrap(), written: "a".into() },
                ValueRule::Listed { list: "code list communes".into(), values: Vec::new() },
                ValueRule::Range(range),
                ValueRule::Range(Range { min: 1.0, above: false, max: f64::INFINITY }),
                ValueRule::TaxCode,
                ValueRule::MaxBytes { max: 7, of_bytea: false },
            ],
            ..ColumnRules::default()
        };
        let (vi, en) = (of_column(&rules), rules.describe());
        assert_eq!(vi.len(), en.len());
        assert_eq!(vi[4], "mỗi phần tử đúng mẫu a");
        assert_eq!(vi[5], "mỗi phần tử thuộc danh mục communes");
        assert_eq!(vi[6], "mỗi phần tử lớn hơn 1 và không quá 9");
        assert_eq!(vi[7], "mỗi phần tử từ 1 trở lên");
        let bare = ColumnRules::default();
        assert_eq!(of_column(&bare).len(), bare.describe().len());
    }
}
