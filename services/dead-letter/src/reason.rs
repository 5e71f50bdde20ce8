//! Why a key waits and how it is mended, in words for the people who do it; and which row it is, for those who may know.

use bangioc_change::version::Version;
use bangioc_schemas::contract::{Class, Contract, Label};
use bangioc_schemas::rules::RuleCode;
use bangioc_sink::dataset::{Dataset, key_texts};
use bangioc_sink::locked::{self, LockedKey, ReplayError};
use bangioc_sink::queue::{Queue, QueuedRecord};
use bangioc_sink::refused;
use bangioc_sink::seal::KeyRef;
use serde::Serialize;

use crate::DeadLetters;
use crate::error::DeadLetterError;

/// What is said of a parked key beside its codes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Reason {
    pub row: RowKey,
    /// What the code means.
    pub meaning: InTwoLanguages,
    /// The contract's rules that the field must keep; without a field those between columns.
    pub rules: Vec<InTwoLanguages>,
    /// How it is mended.
    pub mend: InTwoLanguages,
    /// `bangioc explain` prints it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<&'static str>,
}

/// For the department, and for whoever runs the platform.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InTwoLanguages {
    pub vi: String,
    pub en: String,
}

impl From<Words> for InTwoLanguages {
    fn from((vi, en): Words) -> InTwoLanguages {
        InTwoLanguages { vi: vi.to_owned(), en: en.to_owned() }
    }
}

impl From<Label> for InTwoLanguages {
    fn from(Label { vi, en }: Label) -> InTwoLanguages {
        InTwoLanguages { vi, en }
    }
}

/// The key of the row itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKey {
    /// Column and text.
    Named(Vec<(String, String)>),
    /// It is personal: who says why, on record, sees it.
    Withheld,
    /// No record of the queue tells it.
    Unknown,
}

impl DeadLetters {
    /// Of a key that is parked. `purpose`: why a personal key must be seen; that, and who logged in, is written down
    /// in the store before it is shown.
    pub async fn reason(
        &mut self,
        key_ref: KeyRef,
        code: &str,
        field: Option<&str>,
        purpose: Option<&str>,
    ) -> Result<Reason, DeadLetterError> {
        let locked = match locked::find(&mut self.connection, key_ref).await {
            Ok(locked) => Some(locked),
            // It has ended, or nothing waits behind it.
            Err(ReplayError::NotParked { .. }) => None,
            Err(failure) => return Err(failure.into()),
        };
        let Some(locked) = locked else {
            return Ok(reason(None, RowKey::Unknown, code, field));
        };
        let row = self.row_of(&locked, purpose).await?;
        let dataset = locked.dataset_in(&self.datasets)?;
        Ok(reason(Some(&dataset.contract), row, code, field))
    }

    async fn row_of(
        &mut self,
        locked: &LockedKey,
        purpose: Option<&str>,
    ) -> Result<RowKey, DeadLetterError> {
        let Some(texts) = self.row_key(locked).await? else {
            return Ok(RowKey::Unknown);
        };
        let dataset = locked.dataset_in(&self.datasets)?;
        let is_personal =
            dataset.contract.key_columns().any(|column| column.class > Class::Internal);
        match purpose.map(str::trim).filter(|purpose| !purpose.is_empty()) {
            None if is_personal => return Ok(RowKey::Withheld),
            Some(purpose) if is_personal => {
                let (id, table) = (dataset.id().to_owned(), dataset.table.clone());
                let asked = sqlx::query("select flow.disclose($1, $2, $3, $4, $5)")
                    .bind(purpose)
                    .bind(id)
                    .bind(&locked.key_ref.0[..])
                    .bind(table)
                    .bind(&texts)
                    .execute(&mut self.connection)
                    .await;
                if let Err(error) = asked {
                    let by: String = sqlx::query_scalar("select session_user::text")
                        .fetch_one(&mut self.connection)
                        .await?;
                    return Err(crate::discard::refused(error, locked.key_ref, by));
                }
            }
            _ => {}
        }
        let dataset = locked.dataset_in(&self.datasets)?;
        let names = dataset.contract.key_columns();
        let names = names.map(|column| column.name.clone());
        Ok(RowKey::Named(names.zip(texts).collect()))
    }

    /// The key's texts, from a record that tells them.
    pub(crate) async fn row_key(
        &mut self,
        locked: &LockedKey,
    ) -> Result<Option<Vec<String>>, DeadLetterError> {
        let (connection, tools) = self.parts();
        let dataset: &Dataset = locked.dataset_in(tools.datasets)?;
        let queue = Queue::read(connection, locked, dataset, Version::default(), tools).await?;
        // A record that breaks a rule was decoded before: its key is known as well.
        let event = queue
            .records
            .iter()
            .find_map(QueuedRecord::event)
            .or_else(|| (!queue.events.is_empty()).then_some(0));
        Ok(event.and_then(|event| key_texts(dataset, &queue.events.event(event))))
    }
}

fn reason(contract: Option<&Contract>, row: RowKey, code: &str, field: Option<&str>) -> Reason {
    let (meaning, mend) = words(code);
    let column = contract.zip(field).and_then(|(contract, field)| contract.column_index(field));
    let rules = match (contract, column, RuleCode::parse(code)) {
        (Some(contract), Some(column), Some(_)) => contract.rules_of(column),
        (Some(contract), None, Some(RuleCode::CrossField | RuleCode::Secret)) => {
            contract.rules_between()
        }
        _ => Vec::new(),
    };
    let page = RuleCode::parse(code).map(RuleCode::as_str).or_else(|| refused::page(code));
    let rules = rules.into_iter().map(InTwoLanguages::from).collect();
    Reason { row, meaning: meaning.into(), rules, mend: mend.into(), page }
}

/// Vietnamese, English.
type Words = (&'static str, &'static str);

const AT_SOURCE: Words = (
    "sửa bản ghi tại cơ sở dữ liệu gốc; bản ghi đã sửa được tiếp nhận ngay khi đến và khóa được giải phóng",
    "correct the row at its source: as soon as the corrected row arrives, it is applied and the key is free",
);
const IN_STORE: Words = (
    "sửa bản ghi tại cơ sở dữ liệu gốc, hoặc gỡ bỏ vướng mắc trong kho rồi chạy `bangioc dead-letter replay KEY`",
    "change the row at its source, or remove the obstacle in the store and run `bangioc dead-letter replay KEY`",
);
const BY_ITSELF: Words = (
    "không phải làm gì: bản ghi được tiếp nhận ngay khi bản ghi kia đến",
    "nothing: it is applied as soon as the other row is there",
);
const BY_WRITER: Words = (
    "tìm xem ai đã ghi bản ghi này; những gì cơ sở dữ liệu gốc gửi sau đó vẫn được tiếp nhận nếu đọc được",
    "find out who wrote the record; whatever the source sends of the row later is applied once it can be read",
);

/// What a code means, and what to do about it.
fn words(code: &str) -> (Words, Words) {
    match RuleCode::parse(code) {
        Some(rule) => of_rule(rule),
        None => of_record(code),
    }
}

fn of_rule(rule: RuleCode) -> (Words, Words) {
    match rule {
        RuleCode::Required => {
            (("thiếu giá trị bắt buộc", "a value that must be there is missing"), AT_SOURCE)
        }
        RuleCode::Format => (
            (
                "văn bản không đúng định dạng quy định",
                "a text does not have the form that the contract asks for",
            ),
            AT_SOURCE,
        ),
        RuleCode::CodeList => {
            (("mã không có trong danh mục", "a code is not in its list"), AT_SOURCE)
        }
        RuleCode::Range => (
            ("giá trị nằm ngoài khoảng cho phép", "a value lies outside what the contract allows"),
            AT_SOURCE,
        ),
        RuleCode::Precision => (
            (
                "số có nhiều chữ số thập phân hơn quy định",
                "a number has more decimals than the contract allows",
            ),
            AT_SOURCE,
        ),
        RuleCode::CheckDigit => {
            (("chữ số kiểm tra không đúng", "a number's check digit is wrong"), AT_SOURCE)
        }
        RuleCode::CrossField => {
            (("hai cột mâu thuẫn với nhau", "two columns contradict each other"), AT_SOURCE)
        }
        RuleCode::Geometry => (
            (
                "hình học không hợp lệ, hoặc không đúng vị trí",
                "a geometry is not valid, or not where it should be",
            ),
            AT_SOURCE,
        ),
        RuleCode::Encoding => (
            (
                "văn bản còn ở bảng mã tiếng Việt cũ, không phải Unicode",
                "a text is in an old Vietnamese encoding, not in Unicode",
            ),
            AT_SOURCE,
        ),
        RuleCode::Unicode => (
            (
                "văn bản chứa ký tự điều khiển hoặc chữ cái trông giống nhưng khác mã",
                "a text holds control characters or look-alike letters",
            ),
            AT_SOURCE,
        ),
        RuleCode::TooBig => (
            ("giá trị dài hơn mức cho phép", "a value is longer than the contract allows"),
            AT_SOURCE,
        ),
        RuleCode::Secret => (
            (
                "bản ghi là mật hoặc chứa mật khẩu: không được lưu ở đâu",
                "the row is secret or holds a password: it is kept nowhere",
            ),
            AT_SOURCE,
        ),
        RuleCode::Reference => (
            (
                "bản ghi tham chiếu tới bản ghi của tập dữ liệu khác chưa có",
                "the row refers to one of another dataset that is not there",
            ),
            BY_ITSELF,
        ),
        RuleCode::Nfc | RuleCode::Whitespace => (
            (
                "văn bản có điểm lạ, được tiếp nhận nguyên trạng",
                "a text looks odd, and is taken as it is",
            ),
            AT_SOURCE,
        ),
    }
}

fn of_record(code: &str) -> (Words, Words) {
    match code {
        refused::STORE_CONSTRAINT => (
            (
                "một ràng buộc hoặc chỉ mục duy nhất do ai đó tạo trong kho không chấp nhận bản ghi",
                "a constraint or unique index that somebody made in the store does not allow the row",
            ),
            IN_STORE,
        ),
        refused::STORE_LIMIT => (
            (
                "bản ghi vượt quá mức PostgreSQL chứa được trong một chỉ mục của kho",
                "the row is more than PostgreSQL can hold in an index of the store's",
            ),
            IN_STORE,
        ),
        refused::STORE_TRIGGER => (
            (
                "một trigger do ai đó tạo trong kho từ chối bản ghi",
                "a trigger that somebody made in the store refuses the row",
            ),
            IN_STORE,
        ),
        refused::STORE_REFUSED | "TYPE" => {
            (("kho không chấp nhận bản ghi", "the store does not take the row"), IN_STORE)
        }
        "QUEUE_FULL" => (
            (
                "quá nhiều thay đổi đang chờ dưới khóa này hoặc trong phân vùng của nó, nên không giữ thêm",
                "so much waits under this key, or in its partition, that no more is kept",
            ),
            (
                "gửi lại bản ghi bằng `bangioc dataset repair`: một bản ghi đầy đủ sẽ giải phóng khóa",
                "have the row sent again with `bangioc dataset repair`: a whole record of it frees the key",
            ),
        ),
        "RECORD_TOO_LARGE" => (
            (
                "bản ghi lớn hơn mức cho phép và không được giữ lại",
                "the record is larger than one may be, and was not kept",
            ),
            (
                "giảm dung lượng bản ghi tại cơ sở dữ liệu gốc, hoặc gửi lại bằng `bangioc dataset repair`",
                "make the row smaller at its source, or have it sent again with `bangioc dataset repair`",
            ),
        ),
        "TEXT_UTF8" | "TEXT_NUL" | "DATE_INVALID" => (
            (
                "PostgreSQL không chứa được một giá trị của bản ghi",
                "PostgreSQL can't hold a value of the row",
            ),
            AT_SOURCE,
        ),
        _ => (
            (
                "không đọc được bản ghi theo quy định của hợp đồng dữ liệu",
                "the record can't be read as the contract says",
            ),
            BY_WRITER,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_words_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for code in RuleCode::ALL {
            let (meaning, mend) = words(code.as_str());
            let is_warning = matches!(code, RuleCode::Nfc | RuleCode::Whitespace);
            assert!(seen.insert(meaning) || is_warning, "{code}");
            assert!(!mend.0.is_empty() && !mend.1.is_empty());
        }
        for code in [refused::STORE_CONSTRAINT, refused::STORE_LIMIT, refused::STORE_TRIGGER] {
            assert!(seen.insert(words(code).0), "{code}");
        }
    }
}
