//! One-dimensional arrays: PostgreSQL's `{a,"b c",NULL}` ⇄ Avro arrays. Other shapes (several
//! dimensions, own lower bounds) are not canonical here and travel in `exact`.

use super::{MAX_TEXT, Place, is_value};
use crate::error::DecodeCode;
use crate::plan::Slot;
use crate::wire::{Reader, put_long};

pub(super) fn put(out: &mut Vec<u8>, element: &Slot, text: &str) -> bool {
    let start = out.len();
    let written = put_elements(out, element, text).is_some();
    if !written {
        out.truncate(start);
    }
    written
}

fn put_elements(out: &mut Vec<u8>, element: &Slot, text: &str) -> Option<()> {
    let mut inside = text.strip_prefix('{')?.strip_suffix('}')?;
    if inside.is_empty() {
        out.push(0);
        return Some(());
    }
    // One block, as apache-avro and Java write it. Its count is known only at the end; nearly always
    // it is one byte, for which there is room.
    let count_at = out.len();
    out.push(0);
    let mut count = 0_i64;
    loop {
        inside = put_element(out, element, inside)?;
        count += 1;
        match inside.as_bytes().first() {
            Some(b',') => inside = &inside[1..],
            None => break,
            Some(_) => return None,
        }
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

/// Writes the element that `text` begins with; returns what follows it.
fn put_element<'a>(out: &mut Vec<u8>, element: &Slot, text: &'a str) -> Option<&'a str> {
    let (item, rest) = if let Some(quoted) = text.strip_prefix('"') {
        let end = closing_quote(quoted.as_bytes())?;
        let (item, rest) = (&quoted[..end], &quoted[end + 1..]);
        if item.contains('\\') {
            let plain = unescape(item)?;
            put_item(out, element, &plain)?;
            return Some(rest);
        }
        // PostgreSQL quotes only where it must.
        if !needs_quotes(item) {
            return None;
        }
        (item, rest)
    } else {
        let end = text.bytes().position(|byte| byte == b',').unwrap_or(text.len());
        let (item, rest) = text.split_at(end);
        if item == "NULL" {
            let union = element.union?;
            put_long(out, i64::from(union.null));
            return Some(rest);
        }
        if needs_quotes(item) {
            return None;
        }
        (item, rest)
    };
    put_item(out, element, item)?;
    Some(rest)
}

fn put_item(out: &mut Vec<u8>, element: &Slot, item: &str) -> Option<()> {
    if let Some(union) = element.union {
        put_long(out, i64::from(union.value));
    }
    super::put(out, &element.leaf, item, Place::Nullable).then_some(())
}

fn closing_quote(quoted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match quoted.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Only quotes and backslashes are escaped; anything else is not PostgreSQL's.
fn unescape(item: &str) -> Option<String> {
    let mut plain = String::with_capacity(item.len());
    let mut characters = item.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(characters.next().filter(|next| matches!(next, '"' | '\\'))?),
            character => plain.push(character),
        }
    }
    Some(plain)
}

/// PostgreSQL's `array_out`: empty, `null` in any case, or with a character that means something.
#[inline]
fn needs_quotes(item: &str) -> bool {
    item.is_empty()
        || item.eq_ignore_ascii_case("null")
        || item.bytes().any(|byte| {
            matches!(
                byte,
                b'"' | b'\\' | b'{' | b'}' | b',' | b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C
            )
        })
}

pub(super) fn get(
    element: &Slot,
    reader: &mut Reader<'_>,
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
            push_quoted(scratch, out);
        } else {
            super::get(&element.leaf, reader, out, scratch)?;
        }
        if out.len() - start > MAX_TEXT { Err(DecodeCode::LimitAlloc) } else { Ok(()) }
    })?;
    out.push('}');
    Ok(())
}

fn push_quoted(item: &str, out: &mut String) {
    if !needs_quotes(item) {
        return out.push_str(item);
    }
    out.push('"');
    for run in item.split_inclusive(['"', '\\']) {
        match run.as_bytes().last() {
            Some(mark @ (b'"' | b'\\')) => {
                out.push_str(&run[..run.len() - 1]);
                out.push('\\');
                out.push(char::from(*mark));
            }
            _ => out.push_str(run),
        }
    }
    out.push('"');
}
