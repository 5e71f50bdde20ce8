//! `numeric` ⇄ Connect's `Decimal` and Debezium's `VariableScaleDecimal`: the unscaled digits as
//! big-endian two's complement in as few bytes as Java's `BigInteger.toByteArray` uses.

use bangioc_postgres_text::decimal::{Digits, push_scaled};

use super::Placement;
use crate::error::DecodeCode;
use crate::wire::{put_bytes, put_long};

/// What `numeric(p)` can declare. Longer values of a plain `numeric` travel as text, which keeps the
/// quadratic conversion of huge numbers out of reach of hostile bytes.
const MAX_DIGITS: usize = 1_000;
/// 1,000 digits take 416 bytes; one more for a needless sign byte.
const MAX_BYTES: usize = 417;
/// Ten to the 18th is the largest power of ten whose product with a limb fits the arithmetic below.
const CHUNK_DIGITS: usize = 18;
const CHUNK: u64 = 1_000_000_000_000_000_000;

pub(super) fn put(out: &mut Vec<u8>, text: &str, precision: u32, scale: u32) -> bool {
    match Digits::of(text) {
        Some(digits)
            if digits.fraction.len() == scale as usize
                && digits.significant() <= (precision as usize).min(MAX_DIGITS) =>
        {
            put_unscaled(digits, out);
            true
        }
        _ => false,
    }
}

/// What is no number has no digits. In a key it is zero, with the word that PostgreSQL's own protocol has in the
/// place of its sign as its scale: no number has so many decimals.
const NO_NUMBERS: [(&str, i32); 3] = [("NaN", 0xC000), ("Infinity", 0xD000), ("-Infinity", 0xF000)];
const ZERO: [u8; 1] = [0];

pub(super) fn put_variable_scale(out: &mut Vec<u8>, text: &str, place: Placement) -> bool {
    if let Some((_, word)) = NO_NUMBERS.iter().find(|(name, _)| *name == text)
        && place == Placement::Key
    {
        put_long(out, i64::from(*word));
        put_bytes(out, &ZERO);
        return true;
    }
    match Digits::of(text) {
        Some(digits)
            if digits.fraction.len() <= MAX_DIGITS && digits.significant() <= MAX_DIGITS =>
        {
            put_long(out, i64::try_from(digits.fraction.len()).unwrap_or(i64::MAX));
            put_unscaled(digits, out);
            true
        }
        _ => false,
    }
}

#[inline]
fn put_unscaled(digits: Digits<'_>, out: &mut Vec<u8>) {
    if digits.count() <= CHUNK_DIGITS {
        let size = digits.iter().fold(0_i64, |size, digit| size * 10 + i64::from(digit - b'0'));
        put_minimal(out, &(if digits.negative { -size } else { size }).to_be_bytes());
    } else if digits.count() <= 38 {
        let size = digits.iter().fold(0_i128, |size, digit| size * 10 + i128::from(digit - b'0'));
        put_minimal(out, &(if digits.negative { -size } else { size }).to_be_bytes());
    } else {
        put_large(digits, out);
    }
}

fn put_large(digits: Digits<'_>, out: &mut Vec<u8>) {
    let mut limbs: Vec<u64> = Vec::new();
    let (mut chunk, mut scale) = (0_u64, 1_u64);
    for digit in digits.iter() {
        chunk = chunk * 10 + u64::from(digit - b'0');
        scale *= 10;
        if scale == CHUNK {
            multiply_add(&mut limbs, scale, chunk);
            (chunk, scale) = (0, 1);
        }
    }
    multiply_add(&mut limbs, scale, chunk);
    // A limb of sign in front, so that the top bit is the sign.
    let mut bytes = vec![0_u8; 8];
    bytes.extend(limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()));
    if digits.negative {
        negate(&mut bytes);
    }
    put_minimal(out, &bytes);
}

#[expect(clippy::cast_possible_truncation, reason = "splits a double limb into its halves")]
fn multiply_add(limbs: &mut Vec<u64>, factor: u64, addend: u64) {
    let mut carry = addend;
    for limb in limbs.iter_mut() {
        let product = u128::from(*limb) * u128::from(factor) + u128::from(carry);
        *limb = product as u64;
        carry = (product >> 64) as u64;
    }
    if carry > 0 {
        limbs.push(carry);
    }
}

fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes.iter_mut().rev() {
        let (negated, overflow) = (!*byte).overflowing_add(u8::from(carry));
        *byte = negated;
        carry = overflow;
    }
}

/// Drops leading bytes that only repeat the sign.
#[inline]
fn put_minimal(out: &mut Vec<u8>, mut bytes: &[u8]) {
    while let [first, rest @ ..] = bytes
        && let [next, ..] = rest
        && *first == if next & 0x80 == 0 { 0 } else { 0xFF }
    {
        bytes = rest;
    }
    put_bytes(out, bytes);
}

#[inline]
pub(super) fn get(
    bytes: &[u8],
    precision: u32,
    scale: u32,
    out: &mut String,
) -> Result<(), DecodeCode> {
    get_scaled(bytes, precision as usize, scale as usize, out)
}

pub(super) fn get_variable_scale(
    scale: i32,
    bytes: &[u8],
    out: &mut String,
) -> Result<(), DecodeCode> {
    if let Some((name, _)) = NO_NUMBERS.iter().find(|(_, word)| *word == scale)
        && bytes == ZERO
    {
        out.push_str(name);
        return Ok(());
    }
    let scale = usize::try_from(scale).map_err(|_| DecodeCode::DecimalScale)?;
    if scale > MAX_DIGITS {
        return Err(DecodeCode::DecimalScale);
    }
    get_scaled(bytes, MAX_DIGITS, scale, out)
}

#[inline]
fn get_scaled(
    bytes: &[u8],
    precision: usize,
    scale: usize,
    out: &mut String,
) -> Result<(), DecodeCode> {
    let Some(first) = bytes.first() else {
        return Err(DecodeCode::DecimalEmpty);
    };
    let negative = first & 0x80 != 0;
    if let Ok(size) = small(bytes) {
        return push_digits(
            out,
            negative,
            itoa::Buffer::new().format(size).as_bytes(),
            precision,
            scale,
        );
    }
    if bytes.len() > MAX_BYTES {
        return Err(DecodeCode::DecimalPrecision);
    }
    let mut size = bytes.to_vec();
    if negative {
        negate(&mut size);
    }
    push_digits(out, negative, &decimal_digits(&size), precision, scale)
}

/// The magnitude of up to eight bytes.
#[inline]
fn small(bytes: &[u8]) -> Result<u64, ()> {
    if bytes.len() > 8 {
        return Err(());
    }
    let sign = if bytes[0] & 0x80 == 0 { 0_i64 } else { -1 };
    Ok(bytes.iter().fold(sign, |value, byte| value << 8 | i64::from(*byte)).unsigned_abs())
}

/// Digits of a big-endian magnitude, by dividing off 18 at a time.
#[expect(clippy::cast_possible_truncation, reason = "quotient and remainder of a limb fit a limb")]
fn decimal_digits(size: &[u8]) -> Vec<u8> {
    let mut limbs: Vec<u64> = size
        .rchunks(8)
        .rev()
        .map(|bytes| bytes.iter().fold(0, |limb, byte| limb << 8 | u64::from(*byte)))
        .collect();
    let mut reversed = Vec::with_capacity(size.len() * 5 / 2);
    loop {
        let leading = limbs.iter().take_while(|limb| **limb == 0).count();
        limbs.drain(..leading);
        if limbs.is_empty() {
            break;
        }
        let mut remainder = 0_u64;
        for limb in &mut limbs {
            let dividend = u128::from(remainder) << 64 | u128::from(*limb);
            *limb = (dividend / u128::from(CHUNK)) as u64;
            remainder = (dividend % u128::from(CHUNK)) as u64;
        }
        for _ in 0..CHUNK_DIGITS {
            reversed.push(b'0' + (remainder % 10) as u8);
            remainder /= 10;
        }
    }
    while reversed.len() > 1 && reversed.last() == Some(&b'0') {
        reversed.pop();
    }
    if reversed.is_empty() {
        reversed.push(b'0');
    }
    reversed.reverse();
    reversed
}

#[inline]
fn push_digits(
    out: &mut String,
    negative: bool,
    digits: &[u8],
    precision: usize,
    scale: usize,
) -> Result<(), DecodeCode> {
    if digits.len() > precision && digits != b"0" {
        return Err(DecodeCode::DecimalPrecision);
    }
    push_scaled(negative, digits, scale, out);
    Ok(())
}
