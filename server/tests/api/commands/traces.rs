//! What commands leave behind, as texts to compare.

use mso_core::ids::CaseId;

use super::world::World;

impl World {
    /// Who was told what about the case, in the order of the kinds.
    pub(super) async fn told(&self, case: CaseId) -> String {
        let told = "select coalesce(string_agg(split_part(u.email, '@', 1) || ' ' || n.kind, ', '
                      order by n.kind collate \"C\", u.email collate \"C\"), '')
                    from notification n join mso_user u on u.id = n.user_id where n.case_id = $1";
        self.text(told, case.as_uuid()).await
    }

    /// How far each attempt on the case went, and how it ended.
    pub(super) async fn attempts(&self, case: CaseId) -> String {
        let attempts = "select string_agg(concat_ws(' ', state, end_reason, end_text), ', ' order by ordinal)
                        from assignment where case_id = $1";
        self.text(attempts, case.as_uuid()).await
    }

    /// The status of the case, and how it was closed.
    pub(super) async fn standing(&self, case: CaseId) -> String {
        let standing =
            "select concat_ws(' ', status, closure, closure_reason, 'with ' || assignment_id) from mso_case
                        where id = $1";
        self.text(standing, case.as_uuid()).await
    }

    /// The last entry in the case's audit chain.
    pub(super) async fn last_act(&self, case: CaseId) -> String {
        let last = "select action || ' ' || role || ' ' || outcome from audit_entry
                    where stream = $1 order by seq desc limit 1";
        self.text(last, case.as_uuid()).await
    }

    /// The issues of the case.
    pub(super) async fn issues(&self, case: CaseId) -> String {
        let issues =
            "select coalesce(string_agg(kind || ' ' || state || ' ' || author_role, ', ' order by id), '')
                      from issue where case_id = $1";
        self.text(issues, case.as_uuid()).await
    }

    /// Everything but the answers and the audit, to which a refused command adds.
    pub(super) async fn records(&self) -> Vec<(String, i64)> {
        let mut all = self.footprint().await;
        all.retain(|(table, _)| !["audit_entry", "audit_head", "command_log"].contains(&table.as_str()));
        all
    }
}
