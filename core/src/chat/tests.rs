//! What the log and the roster take, and that everything else is a fault with a code of its own.

use super::*;
use crate::ids::CaseId;
use crate::testing::Fixture;
use crate::testing::chat::{ChatDevice, ChatLog};

mod log;
mod roster;

struct World {
    chat: ChatLog,
    requester: ChatDevice,
    expert: ChatDevice,
    fixture: Fixture,
}

/// A chat with a requester and an admitted expert, under an epoch of the requester's.
fn world() -> World {
    let fixture = Fixture::new();
    let (requester, expert) = (ChatDevice::new(fixture.now), ChatDevice::new(fixture.now));
    let mut chat = ChatLog::new(CaseId::generate(fixture.now), fixture.now);
    chat.begin(&requester, &expert).unwrap();
    chat.rotate(&requester).unwrap();
    World {
        chat,
        requester,
        expert,
        fixture,
    }
}

impl World {
    /// What the log says to this payload, and that it changes nothing when it is a fault.
    fn refused(&self, payload: Payload) -> ChatFault {
        let mut chat = self.chat.clone();
        let fault = chat.push(payload).unwrap_err();
        assert_eq!(chat.log, self.chat.log, "{fault} changed something");
        fault
    }
}
