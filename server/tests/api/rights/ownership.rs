//! Whose each row is, said a second time and independently of the policies. A table that is not listed fails the tests.
//!
//! Conditions are SQL over the table `t`. `{user}`, `{party}` and `{parties}` stand for the acting user, the institution or
//! expert, and all parties whose streams the actor reads.

use super::sides::Login;

pub(super) struct Table {
    pub(super) name: &'static str,
    /// The column that rows are addressed by.
    key: &'static str,
    /// Which rows a requester reads.
    requester: &'static str,
    /// Which rows a provider reads.
    provider: &'static str,
    /// Columns in which a row names the party that it is for. An attacker fills in its own.
    pub(super) claims: &'static [(&'static str, &'static str)],
}

impl Table {
    /// The rows that the login reads as this actor.
    pub(super) const fn read_by(&self, login: Login) -> &'static str {
        match login {
            Login::Requester => self.requester,
            Login::Provider => self.provider,
        }
    }

    /// The rows that the login may add or change, if these are others than it reads.
    pub(super) fn written_by(&self, login: Login, effects: bool) -> &'static str {
        let of_case = match login {
            Login::Requester => CASE_OF_INSTITUTION,
            Login::Provider => CASE_OF_EXPERT,
        };
        match self.name {
            "audit_entry" => OWN_ACTS,
            "invoice" => of_case,
            "job" => OWN_JOBS,
            // An expert keeps texts also about a case that is no longer the expert's.
            "quarantine" if login == Login::Requester => CASE_OF_INSTITUTION,
            "session" => OWN_USER,
            // Consequences end and tell what has to do with the own cases.
            "membership" | "purge_order" if effects => OF_OWN_CASES,
            // They tell users and experts of the other side too; of cases and institutions they reach only the own.
            "stream_head" | "feed" if effects => REACHED,
            _ => self.read_by(login),
        }
    }

    pub(super) const fn key(&self) -> &'static str {
        self.key
    }
}

const fn of(
    name: &'static str,
    key: &'static str,
    requester: &'static str,
    provider: &'static str,
    claims: &'static [(&'static str, &'static str)],
) -> Table {
    Table {
        name,
        key,
        requester,
        provider,
        claims,
    }
}

const ALL: &str = "true";
const NONE: &str = "false";
const OWN_USER: &str = "t.user_id = '{user}'";
const OWN_INSTITUTION: &str = "t.institution_id = '{party}'";
const OWN_EXPERT: &str = "t.provider_id = '{party}'";
const OWN_PARTIES: &str = "t.party = any('{parties}')";
const CASE_OF_INSTITUTION: &str = "t.case_id in (select id from mso_case where institution_id = '{party}')";
const CASE_OF_EXPERT: &str = "t.case_id in (select id from mso_case where provider_id = '{party}')";
const CHAT_OF_INSTITUTION: &str = "t.case_id in (select c.case_id from chat c join mso_case k on k.id = c.case_id
    join membership m on m.stream = c.stream where k.institution_id = '{party}' and m.party = '{user}' and m.to_seq is null)";
const CHAT_OF_EXPERT: &str = "t.case_id in (select c.case_id from chat c join mso_case k on k.id = c.case_id
    join membership m on m.stream = c.stream where k.provider_id = '{party}' and m.party = '{user}' and m.to_seq is null)";
const TEXT_OF_INSTITUTION: &str = "t.entry_id in (select e.id from chat_entry e join chat c using (case_id)
    join mso_case k on k.id = c.case_id join membership m on m.stream = c.stream
    where k.institution_id = '{party}' and m.party = '{user}' and m.to_seq is null and e.seq > m.from_seq)";
const TEXT_OF_EXPERT: &str = "t.entry_id in (select e.id from chat_entry e join chat c using (case_id)
    join mso_case k on k.id = c.case_id join membership m on m.stream = c.stream
    where k.provider_id = '{party}' and m.party = '{user}' and m.to_seq is null and e.seq > m.from_seq)";
const OWN_STREAMS: &str =
    "t.stream in (select m.stream from membership m where m.party = any('{parties}') and m.to_seq is null)";
/// The streams in which acts of the actor are recorded.
const OWN_ACTS: &str = "(t.stream = '{user}' or t.stream in
    (select m.stream from membership m where m.party = '{party}' and m.to_seq is null))";
const OWN_JOBS: &str = "(t.payload ->> 'case')::uuid in
    (select id from mso_case where institution_id = '{party}' or provider_id = '{party}')";
const OF_OWN_CASES: &str =
    "t.stream in (select id from mso_case where institution_id = '{party}' or provider_id = '{party}')";
const REACHED: &str =
    "t.stream in (select id from mso_case where institution_id = '{party}' or provider_id = '{party}')
    or t.stream = '{party}'
    or t.stream not in (select id from mso_case union all select id from institution)";
const EXPERT_OF_INSTITUTION: &str =
    "t.provider_id in (select provider_id from mso_case where institution_id = '{party}')";

pub(super) const TABLES: [Table; 48] = [
    of("access_token", "sha256", NONE, NONE, &[]),
    of(
        "assignment",
        "id",
        CASE_OF_INSTITUTION,
        OWN_EXPERT,
        &[("provider_id", "{expert}")],
    ),
    of("audit_entry", "stream", NONE, NONE, &[("user_id", "{user}")]),
    of("audit_head", "stream", OWN_ACTS, OWN_ACTS, &[]),
    of("case_quote", "case_id", CASE_OF_INSTITUTION, CASE_OF_EXPERT, &[]),
    of(
        "case_timeline",
        "case_id",
        CASE_OF_INSTITUTION,
        CASE_OF_EXPERT,
        &[],
    ),
    of("chat", "case_id", CHAT_OF_INSTITUTION, CHAT_OF_EXPERT, &[]),
    of("chat_certificate", "device_id", NONE, NONE, &[]),
    of("chat_chain", "case_id", NONE, NONE, &[]),
    of("chat_entry", "id", CHAT_OF_INSTITUTION, CHAT_OF_EXPERT, &[]),
    of("chat_text", "entry_id", TEXT_OF_INSTITUTION, TEXT_OF_EXPERT, &[]),
    of(
        "chat_wrap",
        "entry_id",
        OWN_USER,
        OWN_USER,
        &[("user_id", "{user}")],
    ),
    of("clarification", "id", CASE_OF_INSTITUTION, CASE_OF_EXPERT, &[]),
    of("command_log", "command_id", OWN_USER, OWN_USER, &[]),
    of("deployment", "only_one", ALL, ALL, &[]),
    of("device", "id", OWN_USER, OWN_USER, &[("user_id", "{user}")]),
    of(
        "document",
        "id",
        CASE_OF_INSTITUTION,
        CASE_OF_EXPERT,
        &[("declared_by", "{user}")],
    ),
    of("feed", "party", OWN_PARTIES, OWN_PARTIES, &[("party", "{party}")]),
    of(
        "feedback",
        "id",
        OWN_INSTITUTION,
        "t.shared_with_provider and t.case_id in (select id from mso_case where provider_id = '{party}')",
        &[("institution_id", "{institution}")],
    ),
    of(
        "institution",
        "id",
        "t.id = '{party}'",
        "t.id in (select institution_id from mso_case where provider_id = '{party}')",
        &[],
    ),
    of("invite", "id", NONE, NONE, &[]),
    of(
        "invoice",
        "id",
        OWN_INSTITUTION,
        NONE,
        &[("institution_id", "{institution}")],
    ),
    of("invoice_series", "seller_id", NONE, ALL, &[]),
    of(
        "issue",
        "id",
        CASE_OF_INSTITUTION,
        CASE_OF_EXPERT,
        &[("author", "{user}")],
    ),
    of("job", "id", NONE, NONE, &[]),
    of("mail", "id", NONE, NONE, &[]),
    of(
        "membership",
        "stream",
        OWN_PARTIES,
        OWN_PARTIES,
        &[("party", "{party}")],
    ),
    of(
        "mso_case",
        "id",
        OWN_INSTITUTION,
        OWN_EXPERT,
        &[("provider_id", "{expert}")],
    ),
    of("mso_user", "id", OWN_INSTITUTION, NONE, &[]),
    of("notification", "id", OWN_USER, OWN_USER, &[("user_id", "{user}")]),
    of(
        "patient",
        "id",
        OWN_INSTITUTION,
        "t.id in (select patient_id from mso_case where provider_id = '{party}')",
        &[],
    ),
    of(
        "patient_identifier",
        "patient_id",
        OWN_INSTITUTION,
        NONE,
        &[("institution_id", "{institution}")],
    ),
    of(
        "payment",
        "id",
        "t.invoice_id in (select id from invoice where institution_id = '{party}')",
        NONE,
        &[("recorded_by", "{user}")],
    ),
    of(
        "price",
        "institution_id",
        "t.institution_id is null or t.institution_id = '{party}'",
        NONE,
        &[],
    ),
    of("price_list", "id", ALL, NONE, &[]),
    of(
        "provider",
        "id",
        "t.id in (select provider_id from mso_case where institution_id = '{party}')",
        "t.id = '{party}'",
        &[],
    ),
    of("provider_affiliation", "provider_id", NONE, OWN_EXPERT, &[]),
    of("provider_licence", "provider_id", NONE, OWN_EXPERT, &[]),
    of(
        "provider_specialty",
        "provider_id",
        EXPERT_OF_INSTITUTION,
        OWN_EXPERT,
        &[],
    ),
    of(
        "purge_confirmation",
        "purge_id",
        "t.purge_id in (select id from purge_order where party = any('{parties}'))",
        "t.purge_id in (select id from purge_order where party = any('{parties}'))",
        &[],
    ),
    of(
        "purge_order",
        "id",
        OWN_PARTIES,
        OWN_PARTIES,
        &[("party", "{party}")],
    ),
    of(
        "quarantine",
        "id",
        "t.author = '{user}'",
        "t.author = '{user}'",
        &[("author", "{user}")],
    ),
    of(
        "recommendation",
        "id",
        CASE_OF_INSTITUTION,
        CASE_OF_EXPERT,
        &[("author", "{expert}")],
    ),
    of("seller", "id", ALL, ALL, &[]),
    of(
        "service_record",
        "id",
        NONE,
        OWN_EXPERT,
        &[("provider_id", "{expert}")],
    ),
    of("session", "device_id", NONE, NONE, &[]),
    of("stream_head", "stream", OWN_STREAMS, OWN_STREAMS, &[]),
    of(
        "unconfirmed_purge",
        "device_id",
        "t.device_id in (select id from device where user_id = '{user}')",
        "t.device_id in (select id from device where user_id = '{user}')",
        &[],
    ),
];

/// All rows of these are for everybody, so none of them is foreign to anybody.
pub(super) const SHARED: [Table; 1] = [of("specialty", "code", ALL, ALL, &[])];
