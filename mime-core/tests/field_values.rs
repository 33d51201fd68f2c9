//! Dates, identifiers, trace, lists, authentication results and reports.
#![cfg(test)]

use mime_core::DefectCode;
use mime_core::field::{
    Action, authentication_results, date, delivery_status, disposition_notification,
    feedback_report, list_commands, list_id, message_ids, received,
};

fn when(value: &str) -> (Option<(i64, i16, bool)>, Vec<DefectCode>) {
    let mut defects = Vec::new();
    let date = date(value.as_bytes(), &mut |code, _| defects.push(code));
    (date.map(|d| (d.unix, d.offset, d.zone_known)), defects)
}

#[test]
fn dates_of_rfc_5322() {
    assert_eq!(
        when("Fri, 21 Nov 1997 09:55:06 -0600"),
        (Some((880_127_706, -360, true)), vec![])
    );
    assert_eq!(
        when(" Tue, 1 Jul 2003\r\n 10:52:37 +0200 (CEST)"),
        (Some((1_057_049_557, 120, true)), vec![])
    );
    assert_eq!(when("1 Jan 1970 00:00 +0000").0, Some((0, 0, true)));
    assert_eq!(
        when("29 Feb 2000 23:59:60 +0000").0,
        Some((951_868_800, 0, true))
    );
}

#[test]
fn years_of_two_and_three_digits() {
    let obsolete = vec![DefectCode::ObsoleteDate];
    for (year, full) in [("49", 2049), ("50", 1950), ("99", 1999), ("103", 2003)] {
        let short = when(&format!("1 Jul {year} 10:52:37 +0000"));
        let long = when(&format!("1 Jul {full} 10:52:37 +0000"));
        assert_eq!(short, (long.0, obsolete.clone()), "{year}");
    }
}

#[test]
fn zones_by_table_and_unknown_ones_say_nothing() {
    for (zone, offset, known) in [
        ("EDT", -240, true),
        ("gmt", 0, true),
        ("UT", 0, true),
        ("-0000", 0, false),
        ("Z", 0, false),
        ("A", 0, false),
        ("CEST", 0, false),
        ("", 0, false),
        ("+9999", 0, false),
        ("+05", 300, true),
    ] {
        let (date, _) = when(&format!("1 Jul 2003 10:52:37 {zone}"));
        let unix = 1_057_056_757 - i64::from(offset) * 60;
        assert_eq!(date, Some((unix, offset, known)), "{zone}");
    }
    assert_eq!(
        when("1 Jul 2003 10:52:37 CEST").1,
        [DefectCode::UnknownZone]
    );
}

#[test]
fn what_is_no_date_is_none() {
    for value in [
        "",
        "soon",
        "31 Feb 2003 10:00 +0000",
        "1 Foo 2003 10:00 +0000",
        "1 Jul 2003",
        "1 Jul 2003 24:00 +0000",
    ] {
        assert_eq!(
            when(value),
            (None, vec![DefectCode::InvalidDate]),
            "{value}"
        );
    }
}

#[test]
fn dates_of_the_c_library() {
    let expected = Some((1_131_893_412, 0, false));
    assert_eq!(when("Sun Nov 13 14:50:12 2005").0, expected);
    assert_eq!(
        when("Fri Sep 14 14:36:56 EDT 2018").0,
        Some((1_536_950_216, -240, true))
    );
}

#[test]
fn message_identifiers_stand_in_brackets() {
    let mut defects = Vec::new();
    let ids = message_ids(b"<1@x.test>\r\n <2@y.test>", &mut |code, _| {
        defects.push(code)
    });
    assert_eq!(ids, ["1@x.test", "2@y.test"]);
    assert_eq!(defects, []);
    for (value, ids, code) in [
        (
            "<1 @ x (c) . test>",
            vec!["1@x.test"],
            DefectCode::ObsoleteAddress,
        ),
        (
            "Your message of today <1@x.test>",
            vec!["1@x.test"],
            DefectCode::StrayText,
        ),
        ("1@x.test", vec!["1@x.test"], DefectCode::InvalidMessageId),
        (
            "<1@x.test <2@y.test>",
            vec!["2@y.test"],
            DefectCode::InvalidMessageId,
        ),
        ("<>", vec![], DefectCode::InvalidMessageId),
    ] {
        let mut defects = Vec::new();
        assert_eq!(
            message_ids(value.as_bytes(), &mut |code, _| defects.push(code)),
            ids,
            "{value}"
        );
        assert_eq!(defects, [code], "{value}");
    }
}

#[test]
fn the_address_of_a_client_may_stand_behind_its_greeting() {
    let from = |value: &'static [u8]| {
        let clause = received(value, &mut |_, _| {}).from.unwrap();
        let ip = clause.ip().map(|ip| ip.to_string());
        (ip, clause.helo().map(str::to_owned))
    };
    let is = |ip: &str, helo: &str| (Some(ip.to_owned()), Some(helo.to_owned()));
    assert_eq!(
        from(b"from x.test (HELO y.test) (192.0.2.1) by z.test; "),
        is("192.0.2.1", "y.test")
    );
    assert_eq!(
        from(b"from x.test (LHLO y.test) [192.0.2.1] by z.test; "),
        is("192.0.2.1", "y.test")
    );
    assert_eq!(
        from(b"from x.test [(192.0.2.1)] (helo=[::1]) by z.test; ").0,
        Some("192.0.2.1".to_owned())
    );
    assert_eq!(
        from(b"from x.test ([2001:db8::1] helo=[::1]) by z.test; "),
        is("2001:db8::1", "::1")
    );
}

#[test]
fn received_clauses_in_any_order() {
    let value =
        b"from mail.x.test (HELO client.x.test [IPv6:2001:db8::1])\r\n\tby mx.y.test (Postfix) \
        with ESMTPS id ABC12\r\n\tfor <joe@y.test>; Tue, 1 Jul 2003 10:52:37 +0200";
    let mut defects = Vec::new();
    let trace = received(value, &mut |code, _| defects.push(code));
    let from = trace.from.unwrap();
    assert_eq!(
        (&*from.value, from.helo()),
        ("mail.x.test", Some("client.x.test"))
    );
    assert_eq!(from.ip().unwrap().to_string(), "2001:db8::1");
    assert_eq!(trace.by.unwrap().value, "mx.y.test");
    assert_eq!(trace.with.unwrap().value, "ESMTPS");
    assert_eq!(trace.id.unwrap().value, "ABC12");
    assert_eq!(trace.recipient.unwrap().value, "joe@y.test");
    assert_eq!(trace.date.unwrap().unix, 1_057_049_557);
    assert_eq!(defects, []);
}

#[test]
fn list_commands_of_rfc_2369() {
    let value = b"<ftp://ftp.x.test/list.txt> (FTP),\r\n <mailto:list@x.test?subject=help>";
    let list = list_commands(value, &mut |_, _| {});
    assert_eq!(list[0].url.as_deref(), Some("ftp://ftp.x.test/list.txt"));
    assert_eq!(list[0].comment.as_deref(), Some("FTP"));
    assert_eq!(
        list[1].url.as_deref(),
        Some("mailto:list@x.test?subject=help")
    );
    let no = list_commands(b"NO (posting not allowed on this list)", &mut |_, _| {});
    assert_eq!((no.len(), &no[0].url), (1, &None));
}

#[test]
fn list_identifiers_of_rfc_2919() {
    let id = list_id(
        b"Lena's Personal <da39efc25c530ad145d41b86f7420c3b.021999.localhost>",
        &mut |_, _| {},
    );
    let id = id.unwrap();
    assert_eq!(id.description.as_deref(), Some("Lena's Personal"));
    assert_eq!(id.id, "da39efc25c530ad145d41b86f7420c3b.021999.localhost");
    assert_eq!(
        list_id(b"<x.y.test>", &mut |_, _| {}).unwrap().description,
        None
    );
    assert_eq!(list_id(b"x.y.test", &mut |_, _| {}).unwrap().id, "x.y.test");
}

#[test]
fn authentication_results_of_rfc_8601() {
    let mut defects = Vec::new();
    let none = authentication_results(b"example.org 1; none", &mut |code, _| defects.push(code));
    assert_eq!(
        (&*none.server, none.version.as_deref()),
        ("example.org", Some("1"))
    );
    assert!(none.results.is_empty());
    let value = b"example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n \
        spf=fail reason=\"not; allowed\" smtp.mailfrom=example.net;\r\n dkim/1=pass header.d=example.com header.i=@example.com;";
    let all = authentication_results(value, &mut |code, _| defects.push(code));
    assert_eq!(defects, []);
    let [auth, spf, dkim] = &all.results[..] else {
        panic!("{all:?}")
    };
    assert!(auth.is_pass());
    assert_eq!(
        (auth.comment.as_deref(), auth.property("smtp", "auth")),
        (Some("cram-md5"), Some("sender@example.net"))
    );
    assert_eq!(
        (&*spf.result, spf.reason.as_deref()),
        ("fail", Some("not; allowed"))
    );
    assert_eq!(
        (dkim.version.as_deref(), dkim.property("header", "i")),
        (Some("1"), Some("@example.com"))
    );
    let broken =
        authentication_results(b"x; junk; spf=pass what", &mut |code, _| defects.push(code));
    assert_eq!(broken.results.len(), 1);
    assert_eq!(defects, [DefectCode::InvalidAuthResult; 2]);
}

#[test]
fn delivery_status_of_rfc_3464() {
    let body = b"Reporting-MTA: dns; cs.utk.edu\r\n\r\n\
        Original-Recipient: rfc822;louisl@larry.slip.umd.edu\r\nFinal-Recipient: rfc822;louisl@larry.slip.umd.edu\r\n\
        Action: failed\r\nStatus: 4.0.0\r\nDiagnostic-Code: smtp; 426 connection timed out\r\n\
        Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400\r\n\r\n\
        Final-Recipient: rfc822;two@x.test\r\nAction: delayed\r\nStatus: nonsense\r\n";
    let mut defects = Vec::new();
    let status = delivery_status(body, &mut |code, _| defects.push(code));
    assert_eq!(
        status.message.address("reporting-mta").as_deref(),
        Some("cs.utk.edu")
    );
    let [one, two] = &status.recipients[..] else {
        panic!("{status:?}")
    };
    assert_eq!(
        (&*one.address, one.action, one.status),
        ("louisl@larry.slip.umd.edu", Action::Failed, Some((4, 0, 0)))
    );
    assert_eq!(one.diagnostic.as_deref(), Some("426 connection timed out"));
    assert!(one.fields.date("Last-Attempt-Date").is_some());
    assert_eq!((two.action, two.status), (Action::Delayed, None));
    assert_eq!(defects, [DefectCode::InvalidReportField]);
}

#[test]
fn disposition_notification_of_rfc_8098() {
    let body = b"Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\r\n\
        Original-Recipient: rfc822;Joe_Recipient@example.com\r\nFinal-Recipient: rfc822;Joe_Recipient@example.com\r\n\
        Original-Message-ID: <199509192301.23456@example.org>\r\n\
        Disposition: manual-action/MDN-sent-manually; displayed/warning\r\n";
    let mut defects = Vec::new();
    let mdn = disposition_notification(body, &mut |code, _| defects.push(code));
    assert_eq!(mdn.recipient.as_deref(), Some("Joe_Recipient@example.com"));
    assert_eq!(
        mdn.message_id.as_deref(),
        Some("199509192301.23456@example.org")
    );
    assert_eq!(
        (&*mdn.action_mode, &*mdn.sending_mode),
        ("manual-action", "mdn-sent-manually")
    );
    assert_eq!(
        (&*mdn.disposition, &mdn.modifiers[..]),
        ("displayed", &["warning".to_owned()][..])
    );
    assert_eq!(defects, []);
}

#[test]
fn feedback_report_of_rfc_5965() {
    let body = b"Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n\
        Original-Mail-From: <somespammer@example.net>\r\nOriginal-Rcpt-To: <user@example.com>\r\n\
        Received-Date: Thu, 8 Mar 2005 14:00:00 EDT\r\nSource-IP: 192.0.2.1\r\n\
        Reported-Domain: example.net\r\nReported-Domain: example.org\r\n";
    let mut defects = Vec::new();
    let report = feedback_report(body, &mut |code, _| defects.push(code));
    assert_eq!((&*report.kind, report.incidents), ("abuse", 1));
    assert_eq!(
        report.mail_from.as_deref(),
        Some("<somespammer@example.net>")
    );
    assert_eq!(report.domains, ["example.net", "example.org"]);
    assert!(report.arrival.is_some());
    assert_eq!(defects, []);
}
