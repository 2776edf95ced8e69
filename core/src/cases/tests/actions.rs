//! What each role is offered in each status, as one snapshot.

use crate::actor::Actor;
use crate::cases::*;
use crate::testing::{Fixture, a_case};

fn line(label: &str, case: &Case, actor: &Actor) -> String {
    let mut actions: Vec<String> = case
        .allowed_actions(actor)
        .iter()
        .map(|action| format!("{action:?}"))
        .collect();
    actions.sort();
    format!("{label:<40}{}", actions.join(" ")).trim_end().to_owned() + "\n"
}

#[test]
fn the_actions_offered_by_status_and_role_are_as_reviewed() {
    let fixture = Fixture::new();
    let mut table = String::new();
    for status in CaseStatus::ALL {
        let case = a_case(&fixture).in_status(status);
        let requester = fixture.as_requester().actor;
        let stranger = Actor {
            acting: crate::actor::Acting::Requester {
                institution: crate::ids::InstitutionId::generate(fixture.now),
            },
            ..requester
        };
        let roles = [
            ("requester", requester),
            ("requester elsewhere", stranger),
            ("expert", fixture.as_provider(&case).actor),
            ("admin", fixture.as_admin().actor),
            ("system", fixture.as_system().actor),
        ];
        for (role, actor) in roles {
            let name = status.name();
            table += &line(&format!("{name}, {role}"), &case, &actor);
            let awaiting = Case {
                readiness: Readiness::AwaitingUploads,
                ..case.clone()
            };
            table += &line(&format!("{name}, {role}, uploading"), &awaiting, &actor);
            let over = Case {
                window_closed: true,
                ..case.clone()
            };
            if status == CaseStatus::Done {
                table += &line(&format!("{name}, {role}, window closed"), &over, &actor);
            }
            let resumes = Case {
                resume_status: Some(CaseStatus::InProgress),
                ..case.clone()
            };
            table += &line(&format!("{name}, {role}, resumes in review"), &resumes, &actor);
            let closed = Case {
                closure: Some(Closure::Withdrawn),
                ..case.clone()
            };
            table += &line(&format!("{name}, {role}, closed"), &closed, &actor);
            let unassigned = Case {
                assignment: None,
                ..case.clone()
            };
            table += &line(&format!("{name}, {role}, no expert"), &unassigned, &actor);
        }
    }
    insta::assert_snapshot!(table);
}
