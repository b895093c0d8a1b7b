//! How values of the domain stand in columns.

use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::{ChannelId, ClientId, DeviceId, Seq, SessionId, Timestamp, UserId};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// A value of the domain in its column form.
pub(super) struct Col<T>(pub(super) T);

/// Reads a column.
pub(super) fn get<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    Col<T>: FromSql,
{
    row.get(index).map(|Col(value)| value)
}

/// Reads a column that may be NULL.
pub(super) fn get_optional<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>>
where
    Col<T>: FromSql,
{
    row.get::<_, Option<Col<T>>>(index).map(|value| value.map(|Col(value)| value))
}

/// SQLite's integers have a sign. Counts and places end where theirs do, which no log reaches.
pub(super) const fn signed(value: u64) -> i64 {
    if value > i64::MAX as u64 { i64::MAX } else { value.cast_signed() }
}

fn unsigned(value: ValueRef<'_>) -> FromSqlResult<u64> {
    let value = value.as_i64()?;
    u64::try_from(value).map_err(|_| FromSqlError::OutOfRange(value))
}

impl ToSql for Col<u64> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(signed(self.0).into())
    }
}

impl FromSql for Col<u64> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        unsigned(value).map(Self)
    }
}

impl ToSql for Col<Seq> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(signed(self.0.0).into())
    }
}

impl FromSql for Col<Seq> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        unsigned(value).map(Seq).map(Self)
    }
}

/// Times keep all their bits, since *for ever* has to come back as it went in. SQL must not compare them: beyond the
/// year 292,277,026 they are negative there.
impl ToSql for Col<Timestamp> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.0.cast_signed().into())
    }
}

impl FromSql for Col<Timestamp> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(Timestamp(value.as_i64()?.cast_unsigned())))
    }
}

macro_rules! id {
    ($($name:ident),*) => {$(
        impl ToSql for Col<$name> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
            }
        }

        impl FromSql for Col<$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <[u8; 16]>::column_result(value).map($name::from_bytes).map(Self)
            }
        }
    )*};
}
id!(UserId, ChannelId, ClientId, SessionId, DeviceId);

/// Numbers stand for words in columns; they are part of the format and never change.
macro_rules! code {
    ($name:ident { $($variant:ident = $code:literal),* $(,)? }) => {
        impl ToSql for Col<$name> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(match self.0 { $($name::$variant => $code,)* }.into())
            }
        }

        impl FromSql for Col<$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_i64()? {
                    $($code => Ok(Self($name::$variant)),)*
                    other => Err(FromSqlError::OutOfRange(other)),
                }
            }
        }
    };
}
pub(super) use code;

code!(ChannelKind { Direct = 0, Group = 1, Broadcast = 2 });
code!(Role { Member = 0, Admin = 1, Owner = 2 });

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_time_comes_back_as_it_went_in() {
        for time in [0, 1, 1_735_689_600_000, i64::MAX as u64, u64::MAX].map(Timestamp) {
            let column = Col(time);
            let ToSqlOutput::Owned(value) = column.to_sql().unwrap() else { panic!("a number") };
            assert_eq!(Col::column_result(ValueRef::from(&value)).ok().map(|Col(time)| time), Some(time));
        }
    }

    #[test]
    fn a_number_that_cannot_have_been_written_is_not_read() {
        assert!(Col::<Seq>::column_result(ValueRef::Integer(-1)).is_err());
        assert!(Col::<Role>::column_result(ValueRef::Integer(9)).is_err());
        assert!(Col::<UserId>::column_result(ValueRef::Blob(b"short")).is_err());
    }
}
