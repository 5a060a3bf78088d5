//! CBOR (RFC 8949) as Smithy's RPC v2 uses it, read into a small tree and written from one.
//!
//! Not the SDK's own reader: what the SDK writes is judged here by another implementation.

use std::convert::Infallible;

use minicbor::data::{IanaTag, Type};
use minicbor::decode::{Decoder, Error};
use minicbor::encode::Encoder;

/// Deeper nesting than any AWS shape has.
const DEPTH: usize = 32;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    /// Tag 1: milliseconds since 1970, from an integer or a float of seconds.
    Time(i64),
}

impl Value {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut decoder = Decoder::new(bytes);
        let value = read(&mut decoder, DEPTH)?;
        if decoder.position() != bytes.len() {
            return Err(Error::message("bytes after the end"));
        }
        Ok(value)
    }

    /// A member of a map that is present and not null.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(had, _)| had == name).map(|(_, value)| value).filter(|value| **value != Self::Null)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(int) => Some(*int as f64),
            Self::Float(float) => Some(*float),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Self]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        write(&mut encoder, self).expect("a Vec takes every byte");
        encoder.into_writer()
    }
}

fn read(from: &mut Decoder<'_>, depth: usize) -> Result<Value, Error> {
    let deeper = depth.checked_sub(1).ok_or_else(|| Error::message("nested too deep"))?;
    Ok(match from.datatype()? {
        Type::Null | Type::Undefined => from.skip().map(|()| Value::Null)?,
        Type::Bool => Value::Bool(from.bool()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            Value::Int(i64::try_from(i128::from(from.int()?)).map_err(|_| Error::message("an integer over 64 bits"))?)
        }
        Type::F16 => Value::Float(f64::from(from.f16()?)),
        Type::F32 => Value::Float(f64::from(from.f32()?)),
        Type::F64 => Value::Float(from.f64()?),
        Type::String | Type::StringIndef => Value::Text(from.str_iter()?.collect::<Result<String, Error>>()?),
        Type::Bytes | Type::BytesIndef => {
            Value::Bytes(from.bytes_iter()?.collect::<Result<Vec<&[u8]>, Error>>()?.concat())
        }
        Type::Array | Type::ArrayIndef => {
            let length = from.array()?;
            let mut list = Vec::new();
            while !at_end(from, length, list.len())? {
                list.push(read(from, deeper)?);
            }
            Value::List(list)
        }
        Type::Map | Type::MapIndef => {
            let length = from.map()?;
            let mut map = Vec::new();
            while !at_end(from, length, map.len())? {
                let name = from.str_iter()?.collect::<Result<String, Error>>()?;
                map.push((name, read(from, deeper)?));
            }
            Value::Map(map)
        }
        Type::Tag if from.tag()? == IanaTag::Timestamp.tag() => {
            let seconds = read(from, deeper)?.number().ok_or_else(|| Error::message("a timestamp is a number"))?;
            Value::Time((seconds * 1000.0).round() as i64)
        }
        other => return Err(Error::type_mismatch(other)),
    })
}

fn at_end(from: &mut Decoder<'_>, length: Option<u64>, read: usize) -> Result<bool, Error> {
    match length {
        Some(length) => Ok(read as u64 >= length),
        None if from.datatype()? == Type::Break => from.skip().map(|()| true),
        None => Ok(false),
    }
}

fn write(to: &mut Encoder<Vec<u8>>, value: &Value) -> Result<(), minicbor::encode::Error<Infallible>> {
    match value {
        Value::Null => to.null()?,
        Value::Bool(it) => to.bool(*it)?,
        Value::Int(it) => to.i64(*it)?,
        Value::Float(it) => to.f64(*it)?,
        Value::Text(it) => to.str(it)?,
        Value::Bytes(it) => to.bytes(it)?,
        Value::Time(ms) => to.tag(IanaTag::Timestamp)?.f64(*ms as f64 / 1000.0)?,
        Value::List(it) => {
            to.array(it.len() as u64)?;
            return it.iter().try_for_each(|item| write(to, item));
        }
        Value::Map(it) => {
            to.map(it.len() as u64)?;
            return it.iter().try_for_each(|(name, member)| write(to.str(name)?, member));
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let value = Value::Map(vec![
            ("a".into(), Value::List(vec![Value::Int(-3), Value::Float(0.5), Value::Null, Value::Bool(true)])),
            ("at".into(), Value::Time(1_700_000_000_250)),
            ("b".into(), Value::Bytes(vec![1, 2])),
        ]);
        assert_eq!(Value::parse(&value.write()).unwrap(), value);
    }

    #[test]
    fn lengths_left_open_half_floats_and_text_in_pieces_are_read() {
        // {_ "x": [_ 1.5 (half), (_ "ab" "c")]}, the examples of RFC 8949 put together
        let wire = [0xbf, 0x61, b'x', 0x9f, 0xf9, 0x3e, 0x00, 0x7f, 0x62, b'a', b'b', 0x61, b'c', 0xff, 0xff, 0xff];
        let expect = Value::Map(vec![("x".into(), Value::List(vec![Value::Float(1.5), Value::Text("abc".into())]))]);
        assert_eq!(Value::parse(&wire).unwrap(), expect);
    }

    #[test]
    fn a_bottomless_nest_is_refused() {
        assert!(Value::parse(&[0x81; 10_000]).is_err());
        assert!(Value::parse(&[0x01, 0x01]).is_err(), "bytes after the end");
    }
}
