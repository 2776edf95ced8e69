use crate::client::error::WorkspaceError;
use crate::client::sync::Page;
use crate::client::testing::phone::{Phone, grant, page, patient_record, plan, record, refused};
use crate::people::fixtures::{institution, profile};
use crate::people::{
    Availability, AvailabilityException, ExceptionKind, Period, ProviderProfile, TimeZoneName,
};
use crate::protocol::records::{ColleagueRecord, InstitutionRecord, ProviderRecord, RecordKind};
use crate::refusal::Refusal;

/// The phone receives the own profile.
fn with_profile(phone: &Phone, profile: &ProviderProfile) {
    let wire = record(
        RecordKind::Provider,
        profile.id.as_uuid(),
        profile.id,
        profile.version,
        &ProviderRecord::of(profile.clone()),
    );
    phone.receive(&plan(Page {
        grants: vec![grant(profile.id, 1)],
        records: vec![wire],
        ..page()
    }));
}

fn away(phone: &Phone) -> Availability {
    let today = phone.world.now.date();
    let leave = AvailabilityException {
        days: Period::new(today, today.plus_days(3)).unwrap(),
        kind: ExceptionKind::Leave,
    };
    Availability::new(
        TimeZoneName::new("Asia/Damascus").unwrap(),
        vec![],
        vec![leave],
        true,
    )
    .unwrap()
}

#[test]
fn leave_shows_at_once_waits_for_the_server_and_goes_again_when_it_is_refused() {
    let phone = Phone::of_provider();
    let before = profile(&phone.world);
    with_profile(&phone, &before);
    phone.workspace.set_availability(away(&phone)).unwrap();

    let shown = phone.workspace.profile().unwrap().unwrap();
    assert_eq!(shown.pending, ["set_availability"]);
    assert!(
        shown
            .record
            .profile
            .unwrap()
            .availability
            .on_leave(phone.world.now)
    );
    // A change of an admin arrives meanwhile: what waits is laid over it again.
    let mut renamed = before.clone();
    renamed.details.display_name = crate::testing::text("Prof Noor Saleh");
    renamed.version += 1;
    with_profile(&phone, &renamed);
    let shown = phone.workspace.profile().unwrap().unwrap().record;
    assert_eq!(shown.display_name, "Prof Noor Saleh");
    assert!(shown.profile.unwrap().availability.on_leave(phone.world.now));

    let settled = phone
        .pending()
        .iter()
        .map(|sent| refused(sent.command_id, "not_found"))
        .collect();
    phone.receive(&crate::client::sync::Plan {
        settled,
        ..plan(page())
    });
    let shown = phone.workspace.profile().unwrap().unwrap();
    assert!(shown.pending.is_empty());
    assert_eq!(shown.record, ProviderRecord::of(renamed));
}

#[test]
fn only_an_expert_whose_profile_is_here_says_when_cases_are_welcome() {
    let phone = Phone::of_provider();
    let unknown = phone.workspace.set_availability(away(&phone)).unwrap_err();
    assert!(matches!(unknown, WorkspaceError::NotFound), "{unknown:?}");
    assert_eq!(phone.workspace.profile().unwrap(), None);
    let requester = Phone::of_requester();
    let refused = requester
        .workspace
        .set_availability(away(&requester))
        .unwrap_err();
    assert!(
        matches!(refused, WorkspaceError::Refused(Refusal::Forbidden)),
        "{refused:?}"
    );
    assert!(requester.pending().is_empty());
}

#[test]
fn a_requester_knows_the_institution_and_its_people_by_name() {
    let phone = Phone::of_requester();
    let own = institution(&phone.world);
    let institution = InstitutionRecord {
        id: own.id,
        name: "مشفى تشرين".to_owned(),
        details: Some(own.details.clone()),
        active: true,
    };
    let colleague = |name: &str, at: i64| ColleagueRecord {
        id: crate::ids::UserId::generate(phone.world.now.plus_millis(at)),
        display_name: name.to_owned(),
        active: at == 1,
    };
    let people = [colleague("Sami", 1), colleague("Adam", 2)];
    let mut records = vec![record(
        RecordKind::Institution,
        own.id.as_uuid(),
        own.id,
        1,
        &institution,
    )];
    for person in &people {
        records.push(record(
            RecordKind::Colleague,
            person.id.as_uuid(),
            own.id,
            1,
            person,
        ));
    }
    phone.receive(&plan(Page {
        grants: vec![grant(own.id, 1)],
        records,
        ..page()
    }));
    assert_eq!(phone.workspace.institution().unwrap(), Some(institution));
    let [sami, adam] = people;
    assert_eq!(phone.workspace.colleagues().unwrap(), [adam, sami]);
}

#[test]
fn a_profile_from_a_server_of_an_earlier_version_is_read_without_its_details() {
    let phone = Phone::of_provider();
    let id = phone.world.provider;
    let bare =
        serde_json::json!({ "id": id, "display_name": "Dr Noor Saleh", "specialties": ["cardiology"] });
    phone.receive(&plan(Page {
        grants: vec![grant(id, 1)],
        records: vec![record(RecordKind::Provider, id.as_uuid(), id, 1, &bare)],
        ..page()
    }));
    let shown = phone.workspace.profile().unwrap().unwrap().record;
    assert_eq!(
        (shown.display_name.as_str(), shown.profile),
        ("Dr Noor Saleh", None)
    );
    // What the phone cannot show yet, it sends all the same.
    phone.workspace.set_availability(away(&phone)).unwrap();
    assert_eq!(phone.pending().len(), 1);
}

#[test]
fn a_phone_that_knows_its_institution_to_be_inactive_takes_no_new_case_in() {
    let phone = Phone::of_requester();
    let (patient, own) = (phone.world.patient(), institution(&phone.world));
    for active in [true, false] {
        let institution = InstitutionRecord {
            id: own.id,
            name: "Tishreen Hospital".to_owned(),
            details: None,
            active,
        };
        phone.receive(&plan(Page {
            grants: vec![grant(own.id, 1)],
            records: vec![
                record(
                    RecordKind::Institution,
                    own.id.as_uuid(),
                    own.id,
                    1 + u64::from(!active),
                    &institution,
                ),
                patient_record(&patient),
            ],
            ..page()
        }));
        let submitted = phone.workspace.submit_case(
            phone.workspace.new_case_id(),
            patient.id,
            phone.world.request(),
            Vec::new(),
        );
        match submitted {
            Ok(_) => assert!(active),
            Err(WorkspaceError::Refused(refusal)) => {
                assert_eq!((active, refusal), (false, Refusal::InstitutionInactive))
            }
            Err(other) => panic!("{other}"),
        }
    }
}
