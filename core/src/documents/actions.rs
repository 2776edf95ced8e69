//! The actions that a document offers, in the order in which apps show the buttons. Each operation's file says which
//! documents it admits (`admits_part`); the operation's rule still decides when the command is sent.

use super::document::Document;
use super::{StrikeDocument, WithdrawDocument};
use crate::actor::Actor;
use crate::cases::Case;
use crate::command::PartOperation;

named! {
    /// An action on one document of a case.
    pub enum DocumentAction {
        Withdraw = "withdraw",
        Strike = "strike",
    }
}

impl Document {
    /// Returns what this actor may do with the document now. `case` is the document's case.
    #[must_use]
    pub fn allowed_actions(&self, case: &Case, actor: &Actor) -> Vec<DocumentAction> {
        let offered = [
            (
                DocumentAction::Withdraw,
                WithdrawDocument::is_offered(self, case, actor),
            ),
            (
                DocumentAction::Strike,
                StrikeDocument::is_offered(self, case, actor),
            ),
        ];
        let offered = offered.into_iter().filter(|(_, now)| *now);
        offered.map(|(action, _)| action).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::documents::{DocumentState, Scan, Strike};
    use crate::facts::{Context, Fact, Facts};
    use crate::ids::UserId;
    use crate::testing::{Fixture, a_case, cases_of_every_status, text};

    /// In every state and with every result of the scan, struck or not, declared by a colleague or by a member of the team.
    fn documents(world: &Fixture, case: &Case, colleague: UserId) -> Vec<Document> {
        let mut documents = Vec::new();
        for state in DocumentState::ALL {
            for scan in Scan::ALL {
                let document = Document {
                    state,
                    scan,
                    ..world.stored_document(case.id)
                };
                let struck = Document {
                    struck: Some(Strike {
                        by: None,
                        at: world.now,
                        reason: text("Of another patient."),
                    }),
                    ..document.clone()
                };
                let of_colleague = Document {
                    declared_by: Some(colleague),
                    ..document.clone()
                };
                documents.extend([document, struck, of_colleague]);
            }
        }
        documents
    }

    /// Whether the operation's own rule takes it and changes something.
    fn taken(action: DocumentAction, document: &Document, facts: &Facts, ctx: &Context) -> bool {
        let (case_id, document_id) = (document.case_id, document.id);
        let command: Command = match action {
            DocumentAction::Withdraw => WithdrawDocument { case_id, document_id }.into(),
            DocumentAction::Strike => StrikeDocument {
                case_id,
                document_id,
                reason: text("The name on it is of another patient."),
            }
            .into(),
        };
        command
            .decide(facts, ctx)
            .is_ok_and(|decision| !decision.events.is_empty())
    }

    #[test]
    fn what_is_offered_is_what_the_rules_take() {
        let world = Fixture::new();
        let requester = world.as_requester();
        let mut colleague = requester;
        colleague.actor.user = UserId::generate(world.now);
        for case in cases_of_every_status(&world) {
            for document in documents(&world, &case, colleague.actor.user) {
                let facts = Facts {
                    documents: Fact::Known(vec![document.clone()]),
                    ..world.facts(&case)
                };
                for ctx in [requester, colleague, world.as_provider(&case), world.as_admin()] {
                    let offered = document.allowed_actions(&case, &ctx.actor);
                    for action in DocumentAction::ALL {
                        let wanted = taken(action, &document, &facts, &ctx);
                        assert_eq!(
                            offered.contains(&action),
                            wanted,
                            "{action:?} by {:?} in {:?}, closed {:?}: {document:?}",
                            ctx.actor,
                            case.status,
                            case.closure
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_stored_file_is_withdrawn_before_the_expert_accepts_and_struck_afterwards() {
        use DocumentAction::{Strike, Withdraw};
        let world = Fixture::new();
        let requester = world.as_requester().actor;
        let offered = |case: &Case| world.stored_document(case.id).allowed_actions(case, &requester);
        assert_eq!(offered(&a_case(&world).assigned()), [Withdraw]);
        assert_eq!(offered(&a_case(&world).accepted()), [Strike]);
        let stranger = Fixture::new().as_requester().actor;
        let case = a_case(&world).accepted();
        let document = world.stored_document(case.id);
        assert_eq!(document.allowed_actions(&case, &stranger), []);
        assert_eq!(
            document.allowed_actions(&case, &world.as_provider(&case).actor),
            []
        );
    }
}
