use proptest::prelude::*;

use super::*;
use crate::time::Date;

const ALL_DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window(days: &[Weekday], from: &str, to: &str) -> WeeklyWindow {
    WeeklyWindow {
        days: days.to_vec(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    }
}

fn exception(kind: ExceptionKind, from: &str, to: &str) -> AvailabilityException {
    let days = Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
    AvailabilityException { days, kind }
}

fn leave(from: &str, to: &str) -> AvailabilityException {
    exception(ExceptionKind::Leave, from, to)
}

fn in_zone(zone: &str, weekly: Vec<WeeklyWindow>, exceptions: Vec<AvailabilityException>) -> Availability {
    Availability::new(TimeZoneName::new(zone).unwrap(), weekly, exceptions, true).unwrap()
}

/// The window after an instant, as text.
fn next(availability: &Availability, after: &str) -> (String, String) {
    let window = availability.next_window(time(after)).unwrap();
    (window.from.to_string(), window.to.to_string())
}

fn span(from: &str, to: &str) -> (String, String) {
    (time(from).to_string(), time(to).to_string())
}

#[test]
fn a_window_begins_with_its_first_minute_and_ends_before_its_last() {
    let weekdays = &ALL_DAYS[..5];
    let berlin = in_zone("Europe/Berlin", vec![window(weekdays, "09:00", "17:00")], vec![]);
    // A Monday in winter: 09:00 is 08:00 UTC.
    assert!(!berlin.is_available(time("2026-11-23T07:59:59.999Z")));
    assert!(berlin.is_available(time("2026-11-23T08:00:00Z")));
    assert!(berlin.is_available(time("2026-11-23T15:59:59.999Z")));
    assert!(!berlin.is_available(time("2026-11-23T16:00:00Z")));
    assert_eq!(
        next(&berlin, "2026-11-27T16:00:00Z"),
        span("2026-11-30T08:00:00Z", "2026-11-30T16:00:00Z")
    );
    assert_eq!(
        next(&berlin, "2026-11-23T12:00:00Z"),
        span("2026-11-23T12:00:00Z", "2026-11-23T16:00:00Z")
    );
}

#[test]
fn a_time_that_the_clocks_skip_is_the_moment_at_which_they_jump() {
    // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    let from_half_past = in_zone("Europe/Berlin", vec![window(&ALL_DAYS, "02:30", "06:00")], vec![]);
    assert_eq!(
        next(&from_half_past, "2026-03-29T00:00:00Z"),
        span("2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z")
    );
    let to_half_past = in_zone("Europe/Berlin", vec![window(&ALL_DAYS, "01:00", "02:30")], vec![]);
    assert_eq!(
        next(&to_half_past, "2026-03-28T23:00:00Z"),
        span("2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")
    );
    let within = in_zone("Europe/Berlin", vec![window(&ALL_DAYS, "02:15", "02:45")], vec![]);
    assert_eq!(
        next(&within, "2026-03-28T02:00:00Z"),
        span("2026-03-30T00:15:00Z", "2026-03-30T00:45:00Z")
    );
}

#[test]
fn a_time_that_comes_twice_is_its_first_coming() {
    // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    let to_half_past = in_zone("Europe/Berlin", vec![window(&ALL_DAYS, "01:00", "02:30")], vec![]);
    assert_eq!(
        next(&to_half_past, "2026-10-24T22:00:00Z"),
        span("2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z")
    );
    let two_hours = in_zone("Europe/Berlin", vec![window(&ALL_DAYS, "02:00", "03:00")], vec![]);
    assert_eq!(
        next(&two_hours, "2026-10-24T22:00:00Z"),
        span("2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z")
    );
    // Two windows that meet at a repeated local time leave no gap.
    let both = vec![
        window(&ALL_DAYS, "01:00", "02:30"),
        window(&ALL_DAYS, "02:30", "06:00"),
    ];
    assert_eq!(
        next(&in_zone("Europe/Berlin", both, vec![]), "2026-10-24T22:00:00Z"),
        span("2026-10-24T23:00:00Z", "2026-10-25T05:00:00Z")
    );
}

#[test]
fn zones_without_summer_time_and_with_half_hours_are_met_all_year() {
    let hours = |zone| in_zone(zone, vec![window(&ALL_DAYS, "09:30", "17:00")], vec![]);
    let riyadh = hours("Asia/Riyadh");
    assert_eq!(
        next(&riyadh, "2026-01-10T00:00:00Z"),
        span("2026-01-10T06:30:00Z", "2026-01-10T14:00:00Z")
    );
    assert_eq!(
        next(&riyadh, "2026-07-10T00:00:00Z"),
        span("2026-07-10T06:30:00Z", "2026-07-10T14:00:00Z")
    );
    let kolkata = hours("Asia/Kolkata");
    assert_eq!(
        next(&kolkata, "2026-07-10T00:00:00Z"),
        span("2026-07-10T04:00:00Z", "2026-07-10T11:30:00Z")
    );
    // Lord Howe Island: +10:30, in summer +11.
    let lord_howe = hours("Australia/Lord_Howe");
    assert_eq!(
        next(&lord_howe, "2026-06-30T20:00:00Z"),
        span("2026-06-30T23:00:00Z", "2026-07-01T06:30:00Z")
    );
    assert_eq!(
        next(&lord_howe, "2026-12-31T20:00:00Z"),
        span("2026-12-31T22:30:00Z", "2027-01-01T06:00:00Z")
    );
}

#[test]
fn a_zone_that_changed_its_rules_follows_the_new_ones() {
    // British Columbia stayed on summer time in November 2026.
    let vancouver = in_zone(
        "America/Vancouver",
        vec![window(&ALL_DAYS, "09:00", "17:00")],
        vec![],
    );
    assert_eq!(
        next(&vancouver, "2025-12-10T10:00:00Z"),
        span("2025-12-10T17:00:00Z", "2025-12-11T01:00:00Z")
    );
    assert_eq!(
        next(&vancouver, "2026-12-10T10:00:00Z"),
        span("2026-12-10T16:00:00Z", "2026-12-11T00:00:00Z")
    );
    // Kazakhstan became one zone in March 2024.
    let almaty = in_zone("Asia/Almaty", vec![window(&ALL_DAYS, "09:00", "17:00")], vec![]);
    assert_eq!(
        next(&almaty, "2024-02-28T00:00:00Z"),
        span("2024-02-28T03:00:00Z", "2024-02-28T11:00:00Z")
    );
    assert_eq!(
        next(&almaty, "2024-03-02T00:00:00Z"),
        span("2024-03-02T04:00:00Z", "2024-03-02T12:00:00Z")
    );
}

#[test]
fn leave_takes_whole_local_days_out_of_windows_over_midnight() {
    let nights = vec![window(&ALL_DAYS, "22:00", "06:00")];
    let berlin = in_zone("Europe/Berlin", nights, vec![leave("2026-12-24", "2026-12-25")]);
    // The night before ends at the start of the 23rd, the night after begins with the 26th.
    assert_eq!(
        next(&berlin, "2026-12-23T12:00:00Z"),
        span("2026-12-23T21:00:00Z", "2026-12-23T23:00:00Z")
    );
    assert_eq!(
        next(&berlin, "2026-12-23T23:00:00Z"),
        span("2026-12-25T23:00:00Z", "2026-12-26T05:00:00Z")
    );
    assert!(!berlin.on_leave(time("2026-12-23T22:59:59.999Z")));
    assert!(berlin.on_leave(time("2026-12-23T23:00:00Z")));
    assert!(berlin.on_leave(time("2026-12-25T22:59:59.999Z")));
    assert!(!berlin.on_leave(time("2026-12-25T23:00:00Z")));
    // The same days begin at other instants elsewhere.
    let vancouver = in_zone(
        "America/Vancouver",
        vec![],
        vec![leave("2026-12-24", "2026-12-25")],
    );
    assert!(!vancouver.on_leave(time("2026-12-24T06:59:59.999Z")));
    assert!(vancouver.on_leave(time("2026-12-24T07:00:00Z")));
}

#[test]
fn a_day_that_has_no_midnight_begins_when_its_clocks_jump() {
    // Cairo, 24 April 2026: 00:00 becomes 01:00 at 22:00 UTC of the day before.
    let cairo = in_zone("Africa/Cairo", vec![], vec![leave("2026-04-24", "2026-04-24")]);
    assert!(!cairo.on_leave(time("2026-04-23T21:59:59.999Z")));
    assert!(cairo.on_leave(time("2026-04-23T22:00:00Z")));
    assert_eq!(
        next(&cairo, "2026-04-24T00:00:00Z").0,
        time("2026-04-24T21:00:00Z").to_string()
    );
}

#[test]
fn an_extra_day_counts_whole_and_leave_takes_precedence_over_it() {
    let extra = exception(ExceptionKind::Extra, "2026-11-28", "2026-11-29");
    let mondays = vec![window(&[Weekday::Monday], "09:00", "12:00")];
    let utc = in_zone("UTC", mondays.clone(), vec![extra]);
    assert_eq!(
        next(&utc, "2026-11-25T00:00:00Z"),
        span("2026-11-28T00:00:00Z", "2026-11-30T00:00:00Z")
    );
    let both = in_zone("UTC", mondays, vec![extra, leave("2026-11-29", "2026-11-29")]);
    assert_eq!(
        next(&both, "2026-11-25T00:00:00Z"),
        span("2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z")
    );
}

#[test]
fn without_windows_every_moment_counts_that_is_not_leave() {
    let free = in_zone("Europe/Berlin", vec![], vec![leave("2026-12-24", "2027-01-06")]);
    assert_eq!(
        next(&free, "2026-11-23T10:00:00Z"),
        span("2026-11-23T10:00:00Z", "2026-12-23T23:00:00Z")
    );
    assert_eq!(
        free.next_available(time("2026-12-24T10:00:00Z")),
        Some(time("2027-01-06T23:00:00Z"))
    );
    // The search ends after two years.
    let away = in_zone("UTC", vec![], vec![leave("2026-01-01", "2029-01-01")]);
    assert_eq!(away.next_window(time("2026-11-23T10:00:00Z")), None);
}

#[test]
fn who_takes_no_cases_has_no_window_but_need_not_be_on_leave() {
    let zone = TimeZoneName::utc();
    let closed = Availability::new(zone, vec![], vec![], false).unwrap();
    let now = time("2026-11-23T10:00:00Z");
    assert!(!closed.is_available(now) && !closed.on_leave(now));
    assert_eq!(
        (closed.next_window(now), closed.next_available(now)),
        (None, None)
    );
}

#[test]
fn what_is_stated_is_checked_once_and_reads_back() {
    let zone = TimeZoneName::utc;
    let no_day = vec![window(&[], "09:00", "10:00")];
    assert_eq!(
        Availability::new(zone(), no_day, vec![], true),
        Err(AvailabilityError::NoDay)
    );
    let windows = |n| vec![window(&ALL_DAYS, "09:00", "10:00"); n];
    assert!(Availability::new(zone(), windows(50), vec![], true).is_ok());
    assert_eq!(
        Availability::new(zone(), windows(51), vec![], true),
        Err(AvailabilityError::TooMany)
    );
    let leaves = |n| vec![leave("2026-12-24", "2026-12-25"); n];
    assert!(Availability::new(zone(), vec![], leaves(100), true).is_ok());
    assert_eq!(
        Availability::new(zone(), vec![], leaves(101), true),
        Err(AvailabilityError::TooMany)
    );

    let stated = in_zone("Asia/Damascus", windows(1), leaves(1));
    let json = serde_json::to_value(&stated).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "time_zone": "Asia/Damascus", "accepting": true,
            "weekly": [{ "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
                         "from": "09:00", "to": "10:00" }],
            "exceptions": [{ "from": "2026-12-24", "to": "2026-12-25", "kind": "leave" }],
        })
    );
    assert_eq!(serde_json::from_value::<Availability>(json).unwrap(), stated);
    let bytes = crate::protocol::cbor::encode(&stated).unwrap();
    assert_eq!(
        crate::protocol::cbor::decode::<Availability>(&bytes).unwrap(),
        stated
    );
    for time in ["24:00", "9:00", "09:60", "09:00:00", "", "+9:00"] {
        assert!(time.parse::<LocalTime>().is_err(), "{time}");
    }
}

fn zones() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Europe/Berlin",
        "Asia/Riyadh",
        "Asia/Kolkata",
        "America/Vancouver",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "Africa/Casablanca",
        "America/Santiago",
    ])
}

fn local_time() -> impl Strategy<Value = LocalTime> {
    (0..24_i8, prop::sample::select(vec![0_i8, 15, 30, 45]))
        .prop_map(|(hour, minute)| LocalTime::new(hour, minute).unwrap())
}

fn stated() -> impl Strategy<Value = Availability> {
    let window = (
        prop::sample::subsequence(ALL_DAYS.to_vec(), 1..=7),
        local_time(),
        local_time(),
    )
        .prop_map(|(days, from, to)| WeeklyWindow { days, from, to });
    let first: Date = "2026-03-01".parse().unwrap();
    let exception = (0..300_i32, 0..20_i32, any::<bool>()).prop_map(move |(start, length, away)| {
        let from = first.plus_days(start);
        AvailabilityException {
            days: Period::new(from, from.plus_days(length)).unwrap(),
            kind: if away {
                ExceptionKind::Leave
            } else {
                ExceptionKind::Extra
            },
        }
    });
    (
        zones(),
        prop::collection::vec(window, 0..4),
        prop::collection::vec(exception, 0..4),
    )
        .prop_map(|(zone, weekly, exceptions)| {
            Availability::new(TimeZoneName::new(zone).unwrap(), weekly, exceptions, true).unwrap()
        })
}

proptest! {
    #[test]
    fn the_next_window_and_the_question_whether_now_never_contradict(
        availability in stated(),
        minutes in 0..400_000_i64,
    ) {
        let after = time("2026-03-01T00:00:00Z").plus_millis(minutes * 60_000);
        let Some(window) = availability.next_window(after) else {
            prop_assert!(!availability.is_available(after));
            return Ok(());
        };
        prop_assert!(after <= window.from && window.from < window.to);
        prop_assert_eq!(availability.next_available(after), Some(window.from));
        prop_assert_eq!(availability.is_available(after), window.from == after);
        prop_assert!(availability.is_available(window.from));
        prop_assert!(availability.is_available(window.to.plus_millis(-1)));
        if window.from > after {
            prop_assert!(!availability.is_available(window.from.plus_millis(-1)));
        }
        // At the search horizon, the end is not a real one.
        if window.to < after.plus_hours(24 * 700) {
            prop_assert!(!availability.is_available(window.to));
        }
        prop_assert!(!availability.on_leave(window.from));
    }
}
