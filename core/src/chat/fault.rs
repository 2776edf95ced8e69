//! What can be wrong with a chat. Each has a stable code; none says anything about a message.

named! {
    /// A violation of the chat's formats or rules. An entry that does not continue the log ends what is read of it, until the
    /// right one comes; an envelope whose text is wrong keeps its place, and the text is set aside. Both are shown.
    pub enum ChatFault {
        /// Not the encoding expected, or not its one spelling.
        Malformed = "chat_malformed",
        /// Of a version that this build does not know.
        UnknownVersion = "chat_unknown_version",
        /// The signature does not fit the bytes, the key, or the device's chain as seen here.
        BadSignature = "chat_bad_signature",
        /// About another case.
        OtherCase = "chat_other_case",

        /// No certificate with this hash is in the log, or it was revoked.
        UnknownCertificate = "chat_unknown_certificate",
        /// The user is known under another identity key.
        IdentityChanged = "chat_identity_changed",
        /// The signer may not make this change: not a member, or of the wrong side.
        NotAMember = "chat_not_a_member",
        /// The row does not continue the roster as it is: made for another state, used before, or out of order.
        RosterMoved = "chat_roster_moved",

        /// The epoch's number or roster does not continue what was seen: rolled back, skipped, or of an old roster.
        EpochOutOfOrder = "chat_epoch_out_of_order",
        /// The epoch's key is addressed to a device that is not in the roster.
        ExtraRecipient = "chat_extra_recipient",
        /// A device of a reader is not among the recipients.
        MissingRecipient = "chat_missing_recipient",
        /// The key is wrapped by a weaker mechanism than the device's certificate lists, or by one that it does not list.
        WeakSuite = "chat_weak_suite",
        /// The wrap does not fit the signed record, or does not open to the key committed to.
        BadWrap = "chat_bad_wrap",
        /// The epoch's key is not addressed to this device.
        NoWrap = "chat_no_wrap",

        /// Not of the current epoch or roster: the slot is burnt, and the message must be written anew.
        EpochNotAdmitted = "chat_epoch_not_admitted",
        /// An expert is in the roster whom the requester has not admitted.
        ExpertNotAdmitted = "chat_expert_not_admitted",
        /// Not a document of the readers as they are: it was begun before the newest of them came.
        SegmentClosed = "chat_segment_closed",
        /// An envelope of this device is missing before this one.
        SequenceGap = "chat_sequence_gap",
        /// This slot of the device has already been used.
        Replayed = "chat_replayed",
        /// The sealed text does not open.
        Undecryptable = "chat_undecryptable",
        /// The text is not the one that was committed to.
        WrongCommitment = "chat_wrong_commitment",
        /// The text is not padded as the format says.
        WrongPadding = "chat_wrong_padding",
        /// The change does something that its author may not do.
        ForbiddenChange = "chat_forbidden_change",
        /// Content was delivered for a slot that the server refused.
        RefusedSlotFilled = "chat_refused_slot_filled",

        /// An entry of the log is missing before this one.
        LogGap = "chat_log_gap",
        /// The log differs from the one that was seen before.
        LogForked = "chat_log_forked",
    }
}

impl ChatFault {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.name()
    }
}

impl std::fmt::Display for ChatFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::error::Error for ChatFault {}
