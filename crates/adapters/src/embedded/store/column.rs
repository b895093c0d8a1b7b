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

/// SQLite's integers have a sign. The largest stands for everything from there to the end of time, so that
/// comparisons hold and *for ever* comes back as it went in.
pub(super) const fn signed(value: u64) -> i64 {
    if value > i64::MAX as u64 { i64::MAX } else { value.cast_signed() }
}

fn unsigned(value: i64) -> FromSqlResult<u64> {
    match value {
        i64::MAX => Ok(u64::MAX),
        value => u64::try_from(value).map_err(|_| FromSqlError::OutOfRange(value)),
    }
}

impl ToSql for Col<u64> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(signed(self.0).into())
    }
}

impl FromSql for Col<u64> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        unsigned(value.as_i64()?).map(Self)
    }
}

macro_rules! number {
    ($($name:ident),*) => {$(
        impl ToSql for Col<$name> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(signed(self.0.0).into())
            }
        }

        impl FromSql for Col<$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Ok(Self($name(unsigned(value.as_i64()?)?)))
            }
        }
    )*};
}
number!(Seq, Timestamp);

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
    use super::*;

    #[test]
    fn the_end_of_time_and_every_plausible_time_come_back_as_they_went_in() {
        for value in [0, 1, 1_735_689_600_000, i64::MAX as u64 - 1, u64::MAX] {
            assert_eq!(unsigned(signed(value)).ok(), Some(value));
        }
    }

    #[test]
    fn a_number_that_cannot_have_been_written_is_not_read() {
        assert!(unsigned(-1).is_err());
        assert!(Col::<Role>::column_result(ValueRef::Integer(9)).is_err());
        assert!(Col::<UserId>::column_result(ValueRef::Blob(b"short")).is_err());
    }
}
