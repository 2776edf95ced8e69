//! What a requester's phone does with patients: offline, refused, and taken up again.

use crate::command::Command;
use std::collections::BTreeSet;

use super::*;
use crate::cases::CaseStatus;
use crate::client::NoticeKind;
use crate::client::store::files::FileState;
use crate::client::sync::{Page, Plan};
use crate::client::testing::phone::{Phone, page, patient_record, plan};
use crate::documents::DocumentKind;
use crate::ids::{CaseId, DocumentId};
use crate::patients::{Identifier, PatientName, PhoneNumber, Sex};
use crate::patients::{IdentifierKind, IdentifierSet, IdentifierValue, Patient, Verification};
use crate::protocol::sync::SettledOutcome;
use crate::refusal::{Refusal, RefusalRecord};
use crate::testing::text;
use crate::time::Clock;
use crate::time::PartialDate;

fn phone_with(patients: &[Patient]) -> Phone {
    let phone = Phone::of_requester();
    learn(&phone, patients);
    phone
}

fn learn(phone: &Phone, patients: &[Patient]) {
    phone.receive(&plan(Page {
        records: patients.iter().map(patient_record).collect(),
        ..page()
    }));
}

fn mrn(number: &str) -> Identifier {
    let value = IdentifierValue::new(number).unwrap();
    Identifier::new(IdentifierKind::Mrn, text("DH"), value)
}

fn somebody(phone: &Phone, family: &str, number: &str) -> CreatePatient {
    let name = PatientName::new(text(family), Some(text("Amal")));
    CreatePatient {
        identifiers: vec![mrn(number)],
        ..CreatePatient::new(
            phone.workspace.new_patient_id(),
            name,
            PartialDate::Year(1958),
            Sex::Female,
        )
    }
}

fn refusal(code: &str) -> RefusalRecord {
    RefusalRecord {
        code: code.to_owned(),
        field: None,
        fields: Vec::new(),
        existing: None,
    }
}

/// The server refuses the oldest command so, and all that hangs on it.
fn refuse_all(phone: &Phone, first: &RefusalRecord) {
    let refused = |(n, id)| {
        let refusal = if n == 0 {
            first.clone()
        } else {
            refusal("dependency_refused")
        };
        (id, SettledOutcome::Refused { refusal })
    };
    let ids = phone.pending().into_iter().map(|envelope| envelope.command_id);
    let settled = ids.enumerate().map(refused).collect();
    phone.receive(&Plan {
        settled,
        ..plan(page())
    });
    assert_eq!(phone.pending(), []);
}

fn names(phone: &Phone) -> Vec<&'static str> {
    let pending = phone.pending();
    pending.iter().map(|envelope| envelope.command.name()).collect()
}

fn stage(phone: &Phone) -> DocumentId {
    let bytes = crate::client::testing::store_and_files::photo(100);
    let staged = phone
        .workspace
        .stage_bytes(&bytes, "photo.jpg", DocumentKind::Photo, &text("Photo"));
    staged.unwrap().document_id
}

/// Creates, verifies and submits offline, and learns that the patient is there already.
fn refused_submit(phone: &Phone, existing: &Patient) -> (CommandId, CaseId, DocumentId) {
    let workspace = &phone.workspace;
    let patient = workspace.create_patient(somebody(phone, "Haddad", "7")).unwrap();
    workspace
        .verify_patient(patient, VerificationMethod::DocumentSeen, None)
        .unwrap();
    let document = stage(phone);
    let case = workspace
        .submit_case(
            workspace.new_case_id(),
            patient,
            phone.world.request(),
            vec![document],
        )
        .unwrap();
    let later = stage(phone);
    workspace.add_document(case, later).unwrap();
    let refused = phone.pending()[0].command_id;
    refuse_all(
        phone,
        &RefusalRecord {
            existing: Some(existing.id),
            ..refusal("patient_exists")
        },
    );
    assert!(phone.cases().is_empty());
    assert!(workspace.patient(patient).is_err());
    (refused, case, document)
}

#[test]
fn what_was_built_on_a_refused_patient_is_made_again_for_the_one_who_is_there() {
    let phone = Phone::of_requester();
    let existing = phone.world.patient();
    let (refused, case, document) = refused_submit(&phone, &existing);
    learn(&phone, std::slice::from_ref(&existing));

    let [offered] = &phone.workspace.refused_patients().unwrap()[..] else {
        panic!("one refused patient")
    };
    assert_eq!((offered.command_id, offered.existing), (refused, existing.id));
    assert_eq!(offered.patient.identifiers, [mrn("7")]);
    assert_eq!(
        offered.waiting,
        ["verify_patient", "submit_case", "declare_document"]
    );

    phone
        .workspace
        .use_existing_patient(refused, existing.id)
        .unwrap();
    // The patient there is verified: nothing to attest.
    assert_eq!(names(&phone), ["submit_case", "declare_document"]);
    let pending = phone.pending();
    let Command::SubmitCase(submit) = &pending[0].command else {
        panic!("a submit")
    };
    assert_eq!((submit.case_id, submit.patient_id), (case, existing.id));
    assert_eq!(submit.documents[0].document_id, document);
    assert_eq!(pending[0].depends_on, []);
    assert_eq!(pending[1].depends_on, [pending[0].command_id]);
    let shown = phone.workspace.case(case).unwrap();
    assert_eq!((shown.case.status, shown.documents.len()), (CaseStatus::New, 2));
    let states = shown
        .documents
        .iter()
        .map(|one| one.transfer.as_ref().unwrap().state);
    assert_eq!(states.collect::<Vec<_>>(), [FileState::WaitingUpload; 2]);

    assert_eq!(phone.workspace.refused_patients().unwrap(), []);
    let notices = phone.workspace.notices().unwrap();
    assert_eq!(notices.len(), 4);
    for notice in notices {
        assert_eq!((notice.kind, notice.read), (NoticeKind::CommandRefused, true));
    }
}

#[test]
fn an_unverified_patient_who_is_there_is_attested_again() {
    let phone = Phone::of_requester();
    let existing = Patient {
        verification: Verification::Unverified,
        ..phone.world.patient()
    };
    let (refused, ..) = refused_submit(&phone, &existing);
    learn(&phone, std::slice::from_ref(&existing));
    phone
        .workspace
        .use_existing_patient(refused, existing.id)
        .unwrap();
    assert_eq!(
        names(&phone),
        ["verify_patient", "submit_case", "declare_document"]
    );
    let pending = phone.pending();
    assert_eq!(pending[1].depends_on, [pending[0].command_id]);
}

#[test]
fn it_is_made_again_whole_or_not_at_all() {
    let phone = Phone::of_requester();
    let gone = Patient {
        active: false,
        inactive: Some(Inactive::Left),
        ..phone.world.patient()
    };
    let (refused, ..) = refused_submit(&phone, &gone);
    // The phone has not heard of that patient yet.
    let early = phone.workspace.use_existing_patient(refused, gone.id);
    assert!(matches!(early, Err(WorkspaceError::NotFound)));
    learn(&phone, std::slice::from_ref(&gone));
    let inactive = phone.workspace.use_existing_patient(refused, gone.id);
    assert!(matches!(
        inactive,
        Err(WorkspaceError::Refused(Refusal::PatientInactive))
    ));
    assert_eq!(phone.pending(), []);
    assert_eq!(phone.workspace.refused_patients().unwrap().len(), 1);

    let back = Patient {
        version: 9,
        ..phone.world.patient()
    };
    learn(&phone, &[back]);
    phone.workspace.use_existing_patient(refused, gone.id).unwrap();
    let again = phone.workspace.use_existing_patient(refused, gone.id);
    assert!(matches!(again, Err(WorkspaceError::NotFound)));
}

#[test]
fn a_typing_mistake_is_put_right_by_creating_the_patient_again() {
    let phone = phone_with(&[]);
    let existing = phone.world.patient();
    let (refused, case, _) = refused_submit(&phone, &existing);
    let right = phone
        .workspace
        .create_patient(somebody(&phone, "Haddad", "8"))
        .unwrap();
    phone.workspace.use_existing_patient(refused, right).unwrap();
    assert_eq!(
        names(&phone),
        [
            "create_patient",
            "verify_patient",
            "submit_case",
            "declare_document"
        ]
    );
    assert_eq!(phone.workspace.case(case).unwrap().case.patient_id, right);
}

#[test]
fn what_the_server_has_not_answered_yet_is_waited_for() {
    let phone = Phone::of_requester();
    let existing = phone.world.patient();
    let patient = phone
        .workspace
        .create_patient(somebody(&phone, "Haddad", "7"))
        .unwrap();
    phone
        .workspace
        .verify_patient(patient, VerificationMethod::DocumentSeen, None)
        .unwrap();
    let refused = phone.pending()[0].command_id;
    let settled = vec![(
        refused,
        SettledOutcome::Refused {
            refusal: RefusalRecord {
                existing: Some(existing.id),
                ..refusal("patient_exists")
            },
        },
    )];
    phone.receive(&Plan {
        settled,
        ..plan(page())
    });
    learn(&phone, std::slice::from_ref(&existing));
    let early = phone.workspace.use_existing_patient(refused, existing.id);
    assert!(matches!(
        early,
        Err(WorkspaceError::Invalid {
            reason: "still_sending",
            ..
        })
    ));
}

#[test]
fn what_is_given_up_is_forgotten_and_its_files_stay() {
    let phone = Phone::of_requester();
    let existing = phone.world.patient();
    let (refused, _, document) = refused_submit(&phone, &existing);
    phone.workspace.discard_draft(refused).unwrap();
    assert_eq!(phone.workspace.refused_patients().unwrap(), []);
    assert_eq!(phone.pending(), []);
    phone.workspace.discard_staged(document).unwrap();

    let again = phone.workspace.discard_draft(refused);
    assert!(matches!(again, Err(WorkspaceError::NotFound)));
}

#[test]
fn a_requesters_draft_has_no_time_limit() {
    let phone = Phone::of_requester();
    let existing = phone.world.patient();
    let (refused, ..) = refused_submit(&phone, &existing);
    phone.receive(&Plan {
        server_time: phone.world.now.plus_hours(24 * 400),
        ..plan(page())
    });
    assert_eq!(phone.workspace.refused_patients().unwrap().len(), 1);
    assert_eq!(phone.workspace.drafts().unwrap()[0].command_id, refused);
}

#[test]
fn other_refusals_are_told_and_kept_as_drafts() {
    let phone = phone_with(&[]);
    phone
        .workspace
        .create_patient(somebody(&phone, "Haddad", "7"))
        .unwrap();
    refuse_all(&phone, &refusal("birth_date_invalid"));
    assert_eq!(phone.workspace.refused_patients().unwrap(), []);
    assert_eq!(phone.workspace.notices().unwrap().len(), 1);
    assert_eq!(phone.workspace.drafts().unwrap().len(), 1);
}

fn number(number: &str) -> PatientChange {
    PatientChange::Phone(PhoneNumber::new(number))
}

fn family(family: &str) -> PatientChange {
    PatientChange::Name(PatientName::new(text(family), Some(text("Amal"))))
}

#[test]
fn an_edit_shows_at_once_and_says_what_it_saw() {
    let mut patient = Phone::of_requester().world.patient();
    let phone = Phone::of_requester();
    patient.institution_id = phone.world.institution;
    patient.field_versions.insert(PatientField::Phone, 3);
    learn(&phone, std::slice::from_ref(&patient));
    let edit = |changes| phone.workspace.edit_patient(patient.id, changes).unwrap();
    edit(vec![number("+4930123456"), family("Khoury")]);
    edit(vec![number("+4930999999")]);
    let shown = phone.workspace.patient(patient.id).unwrap();
    assert_eq!(shown.value(PatientField::Phone), number("+4930999999"));
    assert_eq!(shown.verification, Verification::Unverified);
    let seen: Vec<Vec<_>> = phone
        .pending()
        .iter()
        .map(|envelope| {
            let Command::EditPatient(edit) = &envelope.command else {
                panic!("{}", envelope.command.name());
            };
            edit.edits.iter().map(|edit| edit.seen).collect()
        })
        .collect();
    assert_eq!(seen, [vec![3, 0], vec![4]]);
    let nobody = phone
        .workspace
        .edit_patient(PatientId::generate(phone.clock.now()), vec![]);
    assert!(matches!(nobody, Err(WorkspaceError::NotFound)));
}

/// Both change phone and name, and I the country besides; the other one was faster.
fn conflict() -> (Phone, Patient, CommandId) {
    let phone = Phone::of_requester();
    let seen = phone.world.patient();
    learn(&phone, std::slice::from_ref(&seen));
    let country = PatientChange::Country("DE".parse().ok());
    let mine = vec![number("+4930111111"), family("Khoury"), country];
    phone.workspace.edit_patient(seen.id, mine).unwrap();
    phone
        .workspace
        .verify_patient(seen.id, VerificationMethod::Registry, None)
        .unwrap();
    let theirs = EditPatient {
        patient_id: seen.id,
        edits: vec![seen.edit(number("+4930222222")), seen.edit(family("Nasser"))],
        reason: Some(text("Misread at the desk.")),
    };
    let facts = crate::facts::Facts {
        patient: crate::facts::Fact::Known(Some(seen)),
        ..crate::facts::Facts::default()
    };
    let decided = Command::EditPatient(theirs).decide(&facts, &phone.world.as_requester());
    let theirs = crate::testing::patient_after(&decided.unwrap());
    let refused = phone.pending()[0].command_id;
    refuse_all(
        &phone,
        &RefusalRecord {
            fields: vec!["phone".to_owned(), "name".to_owned()],
            ..refusal("field_conflict")
        },
    );
    learn(&phone, std::slice::from_ref(&theirs));
    (phone, theirs, refused)
}

#[test]
fn a_conflict_shows_both_values_of_each_field_and_the_user_chooses() {
    let (phone, theirs, refused) = conflict();
    let [conflict] = &phone.workspace.edit_conflicts().unwrap()[..] else {
        panic!("one conflict")
    };
    assert_eq!((conflict.command_id, conflict.patient_id), (refused, theirs.id));
    let both: Vec<_> = conflict
        .fields
        .iter()
        .map(|field| (field.mine.clone(), field.theirs.clone()))
        .collect();
    assert_eq!(
        both,
        [
            (number("+4930111111"), number("+4930222222")),
            (family("Khoury"), family("Nasser"))
        ]
    );
    assert_eq!(conflict.others, [PatientChange::Country("DE".parse().ok())]);
    assert_eq!(conflict.waiting, ["verify_patient"]);

    phone
        .workspace
        .resolve_edit(refused, &[PatientField::Phone])
        .unwrap();
    let shown = phone.workspace.patient(theirs.id).unwrap();
    assert_eq!(shown.value(PatientField::Phone), number("+4930111111"));
    assert_eq!(shown.value(PatientField::Name), family("Nasser"));
    assert_eq!(shown.country, "DE".parse().ok());
    assert_eq!(names(&phone), ["edit_patient", "verify_patient"]);
    let Command::EditPatient(edit) = &phone.pending()[0].command else {
        panic!("an edit")
    };
    let seen: Vec<_> = edit
        .edits
        .iter()
        .map(|edit| (edit.change.field(), edit.seen))
        .collect();
    assert_eq!(seen, [(PatientField::Phone, 1), (PatientField::Country, 0)]);
    assert_eq!(phone.workspace.edit_conflicts().unwrap(), []);
}

#[test]
fn who_chooses_nothing_of_the_own_keeps_only_what_disturbed_nobody() {
    let (phone, theirs, refused) = conflict();
    phone.workspace.resolve_edit(refused, &[]).unwrap();
    let shown = phone.workspace.patient(theirs.id).unwrap();
    assert_eq!(shown.value(PatientField::Phone), number("+4930222222"));
    assert_eq!(shown.country, "DE".parse().ok());
    let (phone, theirs, refused) = conflict();
    phone.workspace.discard_draft(refused).unwrap();
    assert_eq!(phone.workspace.patient(theirs.id).unwrap(), theirs);
}

#[test]
fn a_case_does_not_wait_for_a_telephone_number() {
    let phone = Phone::of_requester();
    let patient = phone.world.patient();
    learn(&phone, std::slice::from_ref(&patient));
    let workspace = &phone.workspace;
    workspace
        .edit_patient(patient.id, vec![number("+4930123456")])
        .unwrap();
    let request = || phone.world.request();
    workspace
        .submit_case(workspace.new_case_id(), patient.id, request(), Vec::new())
        .unwrap();
    workspace
        .edit_patient(patient.id, vec![number("+4930999999")])
        .unwrap();
    let pending = phone.pending();
    assert_eq!(pending[1].depends_on, []);
    assert_eq!(pending[2].depends_on, [pending[0].command_id]);

    workspace
        .edit_patient(patient.id, vec![family("Khoury")])
        .unwrap();
    workspace
        .verify_patient(patient.id, VerificationMethod::Registry, None)
        .unwrap();
    workspace
        .submit_case(workspace.new_case_id(), patient.id, request(), Vec::new())
        .unwrap();
    let pending = phone.pending();
    let ids: Vec<_> = pending.iter().map(|envelope| envelope.command_id).collect();
    assert_eq!(pending[4].depends_on, [ids[3]]);
    assert_eq!(pending[5].depends_on, [ids[3], ids[4]]);
}

#[test]
fn a_phone_knows_by_itself_who_is_there_already_and_who_looks_alike() {
    let phone = Phone::of_requester();
    let patient = phone.world.patient();
    let gone = Patient {
        id: PatientId::generate(phone.clock.now()),
        identifiers: vec![mrn("9")],
        active: false,
        inactive: Some(Inactive::Duplicate),
        duplicate_of: Some(patient.id),
        ..phone.world.patient()
    };
    learn(&phone, &[patient.clone(), gone.clone()]);
    let workspace = &phone.workspace;
    let exists = workspace.create_patient(somebody(&phone, "Khoury", "9"));
    let existing = Some(patient.id);
    assert!(
        matches!(&exists, Err(WorkspaceError::Refused(refusal)) if *refusal == Refusal::PatientExists { existing })
    );
    let alike = workspace
        .create_patient(somebody(&phone, "HADDÁD", "10"))
        .unwrap();
    assert_eq!(
        workspace.patient(alike).unwrap().possible_duplicates,
        [patient.id]
    );
    assert_eq!(
        workspace.patient(patient.id).unwrap(),
        patient,
        "the other record is the server's to change"
    );
    let verify = || workspace.verify_patient(alike, VerificationMethod::Registry, None);
    assert!(matches!(
        verify(),
        Err(WorkspaceError::Refused(Refusal::PossibleDuplicate))
    ));
    workspace.dismiss_duplicate(alike, patient.id).unwrap();
    verify().unwrap();
    assert!(workspace.patient(alike).unwrap().is_verified());

    let identifiers = PatientChange::Identifiers(IdentifierSet {
        identifiers: vec![mrn("9"), mrn("11")],
        no_identifier_reason: None,
    });
    let taken = workspace.edit_patient(alike, vec![identifiers.clone()]);
    assert!(matches!(
        taken,
        Err(WorkspaceError::Refused(Refusal::PatientExists { .. }))
    ));
    // What only the merged record says, its survivor may say.
    workspace.edit_patient(patient.id, vec![identifiers]).unwrap();
}

#[test]
fn patients_are_found_as_on_the_server_and_merged_ones_as_their_survivors() {
    let phone = Phone::of_requester();
    let patient = phone.world.patient_with_everything();
    let merged = Patient {
        id: PatientId::generate(phone.clock.now()),
        name: PatientName::new(text("Hadad"), None),
        identifiers: vec![mrn("9")],
        active: false,
        duplicate_of: Some(patient.id),
        ..phone.world.patient()
    };
    learn(&phone, &[patient.clone(), merged]);
    let new = phone
        .workspace
        .create_patient(somebody(&phone, "Nasser", "5"))
        .unwrap();
    let found = |typed: &str| -> BTreeSet<PatientId> {
        let found = phone.found(typed);
        found.into_iter().map(|summary| summary.patient_id).collect()
    };
    for (typed, expected) in [
        ("hadd", vec![patient.id]),
        ("hadad", vec![patient.id]),
        ("9", vec![patient.id]),
        ("حداد", vec![patient.id]),
        ("amal", vec![patient.id, new]),
        ("nass am", vec![new]),
        ("khoury", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(found(typed), expected.into_iter().collect(), "{typed}");
    }
    let listed: Vec<_> = phone
        .patients()
        .into_iter()
        .map(|summary| (summary.patient_id, summary.pending))
        .collect();
    assert_eq!(
        listed,
        [(patient.id, vec![]), (new, vec!["create_patient".to_owned()])]
    );
}

#[test]
fn a_record_goes_out_of_use_and_comes_back_offline() {
    let phone = Phone::of_requester();
    let patient = phone.world.patient();
    learn(&phone, std::slice::from_ref(&patient));
    let workspace = &phone.workspace;
    workspace.deactivate_patient(patient.id, Inactive::Left).unwrap();
    let submit = workspace.submit_case(
        workspace.new_case_id(),
        patient.id,
        phone.world.request(),
        Vec::new(),
    );
    assert!(matches!(
        submit,
        Err(WorkspaceError::Refused(Refusal::PatientInactive))
    ));
    workspace.reactivate_patient(patient.id).unwrap();
    assert!(workspace.patient(patient.id).unwrap().active);
}

#[test]
fn a_case_of_a_merged_patient_is_the_survivors_at_once() {
    let phone = Phone::of_requester();
    let survivor = phone.world.patient();
    let merged = Patient {
        id: PatientId::generate(phone.clock.now()),
        active: false,
        duplicate_of: Some(survivor.id),
        ..phone.world.patient()
    };
    learn(&phone, &[survivor.clone(), merged.clone()]);
    let case = phone
        .workspace
        .submit_case(
            phone.workspace.new_case_id(),
            merged.id,
            phone.world.request(),
            Vec::new(),
        )
        .unwrap();
    assert_eq!(phone.workspace.case(case).unwrap().case.patient_id, survivor.id);
}

/// A form shows what was there when it was opened; what somebody else changed meanwhile is not overwritten unseen.
#[test]
fn a_form_changes_only_what_was_changed_in_it_and_names_what_became_another() {
    let phone = Phone::of_requester();
    let patient = phone.world.patient();
    learn(&phone, std::slice::from_ref(&patient));
    let all = |patient: &Patient| PatientField::ALL.map(|field| patient.value(field)).to_vec();
    let seen = all(&patient);
    let with_phone = |number: &str| {
        let mut form = patient.clone();
        form.phone = PhoneNumber::new(number);
        all(&form)
    };

    let edit = |form| phone.workspace.edit_patient_as_seen(patient.id, &seen, form);
    edit(seen.clone()).unwrap();
    assert_eq!(phone.pending(), []);

    // A colleague's change arrives while the form is open.
    let mut changed = patient.clone();
    changed.phone = PhoneNumber::new("+49 30 1111111");
    changed.sex = Sex::Other;
    changed.version += 1;
    learn(&phone, &[changed.clone()]);
    let refused = edit(with_phone("+49 30 2222222")).unwrap_err();
    let WorkspaceError::Refused(refusal) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        refusal,
        Refusal::FieldConflict {
            fields: vec!["phone"]
        }
    );
    assert_eq!(phone.pending(), []);

    // The same value, and another field, are no conflict; the colleague's other change stays.
    let mut form = patient.clone();
    form.phone = changed.phone.clone();
    form.email = crate::people::EmailAddress::new("amal@example.org").ok();
    edit(all(&form)).unwrap();
    let shown = phone.workspace.patient(patient.id).unwrap();
    assert_eq!((shown.sex, &shown.email), (Sex::Other, &form.email));
    assert_eq!(shown.phone, changed.phone);
}
