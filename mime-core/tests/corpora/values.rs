//! Values of fields in the shape of mail-parser's JSON.

use mime_core::field::{self, Address, Clause, DateTime, ListCommand, ListId, Mailbox, Parameters};
use serde_json::{Map, Value, json};

/// How `field` read a value.
pub(crate) fn addresses(value: &[u8]) -> Value {
    let list = field::addresses(value, &mut |_, _| {});
    let member = |member: &Address<'_>| match member {
        Address::Mailbox(it) => json!({ "mailbox": mailbox(it) }),
        Address::Group(group) => {
            let mailboxes: Vec<Value> = group.mailboxes.iter().map(mailbox).collect();
            json!({ "group": { "name": group.name, "mailboxes": mailboxes } })
        }
        _ => unreachable!(),
    };
    list_of(list.iter().map(member))
}

fn mailbox(mailbox: &Mailbox<'_>) -> Value {
    // They keep the quotes of a local part out of it, and so do we but for printing.
    let address = mailbox.address.as_ref().map(|address| {
        if address.domain.is_empty() {
            address.local.to_string()
        } else {
            format!("{}@{}", address.local, address.domain)
        }
    });
    json!({ "name": mailbox.name, "address": address })
}

/// A URL is an address to them, and its comment a name.
pub(crate) fn list_commands(value: &[u8]) -> Value {
    let list = field::list_commands(value, &mut |_, _| {});
    let member =
        |it: &ListCommand<'_>| json!({ "mailbox": { "name": it.comment, "address": it.url } });
    list_of(list.iter().map(member))
}

pub(crate) fn list_id(value: &[u8]) -> Value {
    let id = field::list_id(value, &mut |_, _| {});
    let member =
        |it: ListId<'_>| json!({ "mailbox": { "name": it.description, "address": it.id } });
    list_of(id.into_iter().map(member))
}

pub(crate) fn content_type(value: &[u8]) -> Value {
    let read = field::media_type(value, &mut |_, _| {});
    // Without a type it is nothing to them, and text/plain to us.
    if read.kind().is_empty() {
        return Value::Null;
    }
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).to_ascii_lowercase();
    let subtype = Some(text(read.subtype())).filter(|text| !text.is_empty());
    json!({
        "type": text(read.kind()),
        "subtype": subtype,
        "attributes": attributes(read.parameters()),
    })
}

/// What it is where a type that is none means text (RFC 2045, section 5.2).
pub(crate) fn content_type_or_text(value: &[u8]) -> Value {
    let read = field::media_type(value, &mut |_, _| {});
    let attributes = attributes(read.parameters());
    match content_type(value) {
        Value::Null => json!({ "type": "text", "subtype": "plain", "attributes": attributes }),
        read => read,
    }
}

pub(crate) fn disposition(value: &[u8]) -> Value {
    let read = field::disposition(value, &mut |_, _| {});
    json!({
        "type": String::from_utf8_lossy(read.kind()).to_ascii_lowercase(),
        "subtype": null,
        "attributes": attributes(read.parameters()),
    })
}

/// Names and values, each name once, behind their languages.
fn attributes(parameters: &Parameters<'_>) -> Value {
    let mut names: Vec<String> = Vec::new();
    for parameter in parameters.iter() {
        let name = String::from_utf8_lossy(parameter.name()).to_ascii_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut list = Vec::new();
    for name in names {
        if let Some(language) = parameters.language(&name) {
            list.push(json!([format!("{name}-language"), language]));
        }
        list.extend(parameters.text(&name).map(|text| json!([name, text])));
    }
    list_of(list.into_iter())
}

/// Unix time and minutes of the zone.
pub(crate) fn date(value: &[u8]) -> Value {
    date_time(field::date(value, &mut |_, _| {}))
}

fn date_time(date: Option<DateTime>) -> Value {
    date.map_or(Value::Null, |date| json!([date.unix, date.offset]))
}

/// The same of their date.
pub(crate) fn date_of_peer(date: &Value) -> Value {
    if date.is_null() {
        return Value::Null;
    }
    let number = |name: &str| date[name].as_i64().unwrap();
    let (year, month) = (number("year"), number("month"));
    // Days since 1970 by counting years and months: slow, and beyond doubt.
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days_of = |year: i64| 365 + i64::from(leap(year));
    let years: i64 =
        (1970..year).map(days_of).sum::<i64>() - (year..1970).map(days_of).sum::<i64>();
    let months: i64 = lengths
        .iter()
        .take(usize::try_from(month - 1).unwrap())
        .sum();
    let days = years + months + i64::from(month > 2 && leap(year)) + number("day") - 1;
    let local = ((days * 24 + number("hour")) * 60 + number("minute")) * 60 + number("second");
    let zone = number("tz_hour") * 60 + number("tz_minute");
    let zone = if date["tz_before_gmt"] == true {
        -zone
    } else {
        zone
    };
    json!([local - zone * 60, zone])
}

pub(crate) fn message_ids(value: &[u8]) -> Value {
    let ids = field::message_ids(value, &mut |_, _| {});
    list_of(ids.iter().map(|id| json!(id)))
}

pub(crate) fn keywords(value: &[u8]) -> Value {
    let words = field::keywords(value, &mut |_, _| {});
    list_of(words.iter().map(|word| json!(word)))
}

pub(crate) fn unstructured(value: &[u8]) -> Value {
    let text = field::unstructured(value, &mut |_, _| {});
    if text.is_empty() {
        Value::Null
    } else {
        json!(text)
    }
}

/// An empty text is nothing to us.
pub(crate) fn text_of_peer(value: &Value) -> Value {
    if value == "" {
        Value::Null
    } else {
        value.clone()
    }
}

/// A Content-Type or Content-Disposition of theirs, without empty lists.
pub(crate) fn content_type_of_peer(value: &Value) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    let text = |names: [&str; 2]| {
        let text = names.into_iter().find_map(|name| value[name].as_str());
        text.map(str::to_ascii_lowercase)
    };
    let list = value["attributes"].as_array();
    let list = list.into_iter().flatten().cloned();
    json!({
        "type": text(["c_type", "type"]),
        "subtype": text(["c_subtype", "subtype"]),
        "attributes": list_of(list),
    })
}

/// What both of us know of a Received field.
pub(crate) fn received(value: &[u8]) -> Value {
    let trace = field::received(value, &mut |_, _| {});
    let mut map = Map::new();
    let mut put = |name: &str, clause: &Option<Clause<'_>>| {
        if let Some(clause) = clause.as_ref().filter(|it| !it.value.is_empty()) {
            let value = clause.value.to_ascii_lowercase();
            map.insert(name.into(), json!(literal(&value).unwrap_or(value)));
        }
    };
    put("from", &trace.from);
    put("by", &trace.by);
    put("for", &trace.recipient);
    put("with", &trace.with);
    put("id", &trace.id);
    put("via", &trace.via);
    if let Some(from) = &trace.from {
        // Theirs is one that the value has not said.
        let said = map.get("from").and_then(Value::as_str).unwrap_or_default();
        if let Some(ip) = from.ip().map(|ip| ip.to_string()).filter(|ip| ip != said) {
            map.insert("from_ip".into(), json!(ip));
        }
        if let Some(helo) = from.helo() {
            map.insert("helo".into(), json!(helo.to_ascii_lowercase()));
        }
    }
    if trace.date.is_some() {
        map.insert("date".into(), date_time(trace.date));
    }
    Value::Object(map)
}

/// The address in an address literal.
fn literal(value: &str) -> Option<String> {
    let (inner, _port) = value.strip_prefix('[')?.split_once(']')?;
    let inner = inner.strip_prefix("ipv6:").unwrap_or(inner);
    Some(inner.parse::<core::net::IpAddr>().ok()?.to_string())
}

/// The same of theirs.
pub(crate) fn received_of_peer(value: &Value) -> Value {
    let mut map = Map::new();
    for (ours, theirs) in [
        ("from", "from"),
        ("by", "by"),
        ("for", "for_"),
        ("for", "for"),
        ("with", "with"),
        ("id", "id"),
        ("via", "via"),
        ("from_ip", "from_ip"),
        ("helo", "helo"),
    ] {
        let text = match &value[theirs] {
            Value::String(text) => text,
            // A host is a name or an address.
            Value::Object(host) => host.values().next().and_then(Value::as_str).unwrap(),
            _ => continue,
        };
        map.insert(ours.into(), json!(text.to_ascii_lowercase()));
    }
    if map.get("from") == map.get("from_ip") {
        map.remove("from_ip");
    }
    if !value["date"].is_null() {
        map.insert("date".into(), date_of_peer(&value["date"]));
    }
    Value::Object(map)
}

/// An empty list is nothing to them.
fn list_of(items: impl Iterator<Item = Value>) -> Value {
    let items: Vec<Value> = items.collect();
    if items.is_empty() {
        Value::Null
    } else {
        Value::Array(items)
    }
}
