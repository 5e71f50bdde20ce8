//! One-dimensional arrays ⇄ Avro arrays. Other shapes (several dimensions, own lower bounds) are not canonical here and
//! travel in `exact`.

use bangioc_postgres_text::array::{elements, push_element};

use super::{MAX_TEXT, Placement, is_value};
use crate::error::DecodeCode;
use crate::plan::ValuePlan;
use crate::wire::{DatumReader, put_long};

pub(super) fn put(out: &mut Vec<u8>, element: &ValuePlan, text: &str) -> bool {
    let start = out.len();
    let written = put_elements(out, element, text).is_some();
    if !written {
        out.truncate(start);
    }
    written
}

fn put_elements(out: &mut Vec<u8>, element: &ValuePlan, text: &str) -> Option<()> {
    // One block, as apache-avro and Java write it. Its count is known only at the end; nearly always
    // it is one byte, for which there is room.
    let count_at = out.len();
    out.push(0);
    let mut count = 0_i64;
    for item in elements(text) {
        match item.ok()? {
            Some(item) => put_item(out, element, &item)?,
            None => put_long(out, i64::from(element.union?.null)),
        }
        count += 1;
    }
    if count == 0 {
        return Some(());
    }
    if count < 64 {
        out[count_at] = u8::try_from(count << 1).ok()?;
    } else {
        let mut bytes = Vec::with_capacity(10);
        put_long(&mut bytes, count);
        out.splice(count_at..=count_at, bytes);
    }
    out.push(0);
    Some(())
}

fn put_item(out: &mut Vec<u8>, element: &ValuePlan, item: &str) -> Option<()> {
    if let Some(union) = element.union {
        put_long(out, i64::from(union.value));
    }
    super::put(out, &element.leaf, item, Placement::Nullable).then_some(())
}

pub(super) fn get(
    element: &ValuePlan,
    reader: &mut DatumReader<'_>,
    out: &mut String,
    scratch: &mut String,
) -> Result<(), DecodeCode> {
    let start = out.len();
    out.push('{');
    // An element takes a byte at least: it has a union branch, or a value that does.
    reader.blocks(true, |reader| {
        if out.len() - start > 1 {
            out.push(',');
        }
        if !is_value(element, reader)? {
            out.push_str("NULL");
        } else if element.leaf.may_need_quotes() {
            scratch.clear();
            super::get(&element.leaf, reader, scratch, &mut String::new())?;
            push_element(scratch, out);
        } else {
            super::get(&element.leaf, reader, out, scratch)?;
        }
        if out.len() - start > MAX_TEXT { Err(DecodeCode::LimitAlloc) } else { Ok(()) }
    })?;
    out.push('}');
    Ok(())
}
