//! Binary values of the default parser. They travel behind the text, one message each; in the JSON a placeholder
//! `{"_placeholder":true,"num":0}` stands where the first of them belongs.

use bytes::Bytes;

use super::json::{self, Decoded};
use super::packet::{Limits, Packet, PacketError};
use super::value::{Args, JsonArgs};
use crate::depth::end_of_string;

/// What a connection keeps between two messages: one pointer, null unless attachments are owed.
#[derive(Debug, Default)]
pub struct Assembly {
    pending: Option<Box<Pending>>,
}

#[derive(Debug)]
struct Pending {
    text: Box<str>,
    owed: usize,
    /// Grows with what arrives, never with what was announced.
    attachments: Vec<Bytes>,
    limits: Limits,
}

/// A packet and all its attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryPacket {
    text: Box<str>,
    limits: Limits,
    /// In the order of the placeholders' numbers.
    pub attachments: Vec<Bytes>,
}

impl BinaryPacket {
    /// The packet, with placeholders in its JSON.
    pub fn packet(&self) -> Packet<'_> {
        json::decode(&self.text, &self.limits).expect("the text was decoded when it came").packet
    }
}

impl Assembly {
    /// Takes a text message. `None` means that its attachments are to come.
    pub fn text<'a>(&mut self, text: &'a str, limits: &Limits) -> Result<Option<Packet<'a>>, PacketError> {
        if self.pending.is_some() {
            return Err(PacketError::AttachmentMissing);
        }
        let Decoded { packet, attachments } = json::decode(text, limits)?;
        if attachments == 0 {
            return Ok(Some(packet));
        }
        check_placeholders(&packet, attachments)?;
        self.pending = Some(Box::new(Pending { text: text.into(), owed: attachments, attachments: Vec::new(), limits: *limits }));
        Ok(None)
    }

    /// Takes a binary message. `None` means that more are to come.
    pub fn binary(&mut self, bytes: &[u8]) -> Result<Option<BinaryPacket>, PacketError> {
        let pending = self.pending.as_mut().ok_or(PacketError::UnexpectedAttachment)?;
        let limit = pending.limits.max_attachment_bytes;
        let sum: usize = pending.attachments.iter().map(Bytes::len).sum();
        if bytes.len() > limit - sum {
            return Err(PacketError::AttachmentsTooBig { limit });
        }
        pending.attachments.push(Bytes::copy_from_slice(bytes));
        let complete = self.pending.take_if(|pending| pending.attachments.len() == pending.owed);
        Ok(complete.map(|pending| BinaryPacket { text: pending.text, limits: pending.limits, attachments: pending.attachments }))
    }

    /// Whether attachments are owed: the time to set a deadline.
    pub fn is_partial(&self) -> bool {
        self.pending.is_some()
    }
}

/// Each attachment is named exactly once, and nothing else is.
fn check_placeholders(packet: &Packet<'_>, attachments: usize) -> Result<(), PacketError> {
    let (Packet::Event { args: Args::Json(args), .. } | Packet::Ack { args: Args::Json(args), .. }) = packet else {
        return Err(PacketError::Placeholder);
    };
    let mut named = vec![false; attachments];
    for number in Placeholders::in_args(*args) {
        match number.and_then(|number| named.get_mut(number)) {
            Some(named) if !*named => *named = true,
            _ => return Err(PacketError::Placeholder),
        }
    }
    if named.into_iter().all(|named| named) { Ok(()) } else { Err(PacketError::Placeholder) }
}

/// Walks well-formed JSON for its placeholders, without a thought for what else it says.
struct Placeholders<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Container<'a>>,
}

/// An object or array that has begun.
#[derive(Default)]
struct Container<'a> {
    is_object: bool,
    expects_key: bool,
    key: &'a str,
    is_placeholder: bool,
    number: &'a str,
}

impl<'a> Placeholders<'a> {
    fn in_args(args: JsonArgs<'a>) -> Self {
        Self { text: args.0, at: 0, open: Vec::new() }
    }

    /// Notes a value, or the bracket that begins one, under the key it stands at.
    fn note(&mut self, value: &'a str) {
        let Some(object) = self.open.last_mut().filter(|container| container.is_object) else { return };
        if is_key(object.key, "_placeholder") {
            object.is_placeholder = value == "true";
        } else if is_key(object.key, "num") {
            object.number = value;
        }
    }
}

impl Iterator for Placeholders<'_> {
    /// The number of a placeholder; `None` when it has none that is a natural number.
    type Item = Option<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            let start = self.at;
            self.at += 1;
            match byte {
                b'{' | b'[' => {
                    self.note(&self.text[start..self.at]);
                    let is_object = byte == b'{';
                    self.open.push(Container { is_object, expects_key: is_object, ..Container::default() });
                }
                b'}' | b']' => {
                    if let Some(placeholder) = self.open.pop().filter(|container| container.is_placeholder) {
                        return Some(placeholder.number.parse().ok());
                    }
                }
                b',' => {
                    if let Some(container) = self.open.last_mut() {
                        container.expects_key = container.is_object;
                    }
                }
                b'"' => {
                    self.at = end_of_string(bytes, self.at);
                    let string = &self.text[start..self.at];
                    match self.open.last_mut() {
                        Some(object) if object.expects_key => {
                            object.expects_key = false;
                            object.key = string;
                        }
                        _ => self.note(string),
                    }
                }
                b':' | b' ' | b'\t' | b'\n' | b'\r' => {}
                _ => {
                    let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                    self.at = bytes[start..].iter().position(is_end).map_or(bytes.len(), |len| start + len);
                    self.note(&self.text[start..self.at]);
                }
            }
        }
        None
    }
}

/// Whether a key as it stands in JSON is `name`, escapes or not.
fn is_key(json: &str, name: &str) -> bool {
    let inside = json.trim_matches('"');
    inside == name || (inside.contains('\\') && serde_json::from_str::<String>(json).is_ok_and(|key| key == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = r#"{"_placeholder":true,"num":0}"#;
    const SECOND: &str = r#"{"num":1,"_placeholder":true}"#;

    fn begin(text: &str) -> Result<Assembly, PacketError> {
        let mut assembly = Assembly::default();
        assembly.text(text, &Limits::default()).map(|packet| {
            assert_eq!(packet, None);
            assembly
        })
    }

    #[test]
    fn a_binary_event_is_complete_with_its_last_attachment() {
        let text = format!(r#"52-/custom,7["message",{FIRST},[1,{{"a":{SECOND}}}]]"#);
        let mut assembly = begin(&text).unwrap();
        assert!(assembly.is_partial());
        assert_eq!(assembly.binary(b"one"), Ok(None));
        let complete = assembly.binary(b"two").unwrap().unwrap();
        assert!(!assembly.is_partial());
        assert_eq!(complete.attachments, [&b"one"[..], b"two"]);
        assert_eq!(complete.packet(), json::decode(&text, &Limits::default()).unwrap().packet);
    }

    #[test]
    fn a_binary_ack_is_complete_with_its_last_attachment() {
        let mut assembly = begin(&format!("61-7[{FIRST}]")).unwrap();
        let complete = assembly.binary(b"one").unwrap().unwrap();
        assert!(matches!(complete.packet(), Packet::Ack { id, .. } if id.get() == 7));
    }

    #[test]
    fn nothing_is_kept_between_packets() {
        assert_eq!(size_of::<Assembly>(), size_of::<usize>());
        let mut assembly = Assembly::default();
        assert!(assembly.text(r#"2["a"]"#, &Limits::default()).unwrap().is_some());
        assert!(assembly.pending.is_none());
    }

    #[test]
    fn text_amid_attachments_and_binary_out_of_turn_are_refused() {
        let mut assembly = begin(&format!(r#"51-["a",{FIRST}]"#)).unwrap();
        assert_eq!(assembly.text(r#"2["a"]"#, &Limits::default()), Err(PacketError::AttachmentMissing));
        assert_eq!(Assembly::default().binary(b"a"), Err(PacketError::UnexpectedAttachment));
    }

    #[test]
    fn placeholders_name_each_attachment_once() {
        for args in [
            "1",
            r#"{"_placeholder":true}"#,
            r#"{"_placeholder":true,"num":1}"#,
            r#"{"_placeholder":true,"num":-1}"#,
            r#"{"_placeholder":true,"num":"0"}"#,
            r#"{"_placeholder":true,"num":0.0}"#,
            r#"{"_placeholder":true,"num":[0]}"#,
            r#"{"_placeholder":true,"num":null}"#,
            r#"{"_placeholder":true,"num":18446744073709551616}"#,
            r#"{"_placeholder":false,"num":0}"#,
            r#"{"_placeholder":"true","num":0}"#,
            r#"{"_placeholder":{"a":true},"num":0}"#,
            r#"["_placeholder",true,"num",0]"#,
            &format!("{FIRST},{FIRST}"),
            &format!("{FIRST},{SECOND}"),
        ] {
            assert_eq!(begin(&format!(r#"51-["a",{args}]"#)).unwrap_err(), PacketError::Placeholder, "{args}");
        }
        for args in [
            r#"{"_placeholder":true,"num":0}"#,
            r#" { "num" : 0 , "_placeholder" : true } "#,
            r#"{"\u005fplaceholder":true,"n\u0075m":0}"#,
            r#"{"a":{"_placeholder":true,"num":0}}"#,
            r#"{"_placeholder":false,"a":[{"_placeholder":true,"num":0,"more":{"num":9}}]},"_placeholder""#,
            r#"{"_placeholder":true,"num":0},1e400,"\ud800""#,
        ] {
            assert!(begin(&format!(r#"51-["a",{args}]"#)).is_ok(), "{args}");
        }
    }

    #[test]
    fn attachments_are_bounded_in_number_and_bytes() {
        let limits = Limits { max_attachment_bytes: 5, ..Limits::default() };
        let mut assembly = Assembly::default();
        assembly.text(&format!(r#"52-["a",{FIRST},{SECOND}]"#), &limits).unwrap();
        assert_eq!(assembly.binary(b"abc"), Ok(None));
        assert_eq!(assembly.binary(b"def"), Err(PacketError::AttachmentsTooBig { limit: 5 }));

        for count in ["11", "1000000000", "99999999999999999999999999"] {
            assert_eq!(begin(&format!(r#"5{count}-["a"]"#)).unwrap_err(), PacketError::TooManyAttachments { limit: 10 });
        }
    }
}
