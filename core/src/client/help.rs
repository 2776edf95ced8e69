//! What helps when a command or a file does not get on, by the code of its [`Trouble`].

use super::Trouble;

named! {
    /// What helps.
    pub enum Help {
        /// Nothing need be done: it goes on by itself, once the line or the server is better, or knows the operation.
        Wait = "wait",
        /// Something on the way interferes, or takes less at once than is needed: another network.
        OtherNetwork = "other_network",
        SignIn = "sign_in",
        UpdateApp = "update_app",
        /// Free space on the phone, or a restart of it.
        FreeSpace = "free_space",
        /// The file here cannot be read: attach it again.
        AttachAgain = "attach_again",
        /// Nothing that the user can do: support, who is told the reference.
        AskSupport = "ask_support",
    }
}

impl Trouble {
    /// What helps. `sends`: the trouble is one of sending; a download that is damaged begins anew by itself.
    #[must_use]
    pub fn help(&self, sends: bool) -> Help {
        match self.code.as_str() {
            "unreachable" | "interrupted" | "timed_out" | "server_busy" | "unknown_command" | "internal"
            | "unavailable" | "upload_locked" | "request_timeout" => Help::Wait,
            "tls" | "bad_answer" | "method_refused" | "piece_refused" | "too_large" => Help::OtherNetwork,
            "sign_in_needed" => Help::SignIn,
            "update_needed" => Help::UpdateApp,
            "disk" | "store" | "no_entropy" => Help::FreeSpace,
            "file_missing" | "file_damaged" if sends => Help::AttachAgain,
            "file_missing" | "file_damaged" => Help::Wait,
            // Without our problem: a server that is down, or a box on the way.
            code if code.starts_with("http_5") => Help::Wait,
            code if code.starts_with("http_") => Help::OtherNetwork,
            _ => Help::AskSupport,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn every_trouble_says_what_helps() {
        let help = |code: &str, sends| {
            let trouble = Trouble {
                code: code.to_owned(),
                reference: String::new(),
                since: Timestamp::from_unix_millis(0),
            };
            trouble.help(sends)
        };
        for (code, expected) in [
            ("interrupted", Help::Wait),
            ("unknown_command", Help::Wait),
            ("http_503", Help::Wait),
            ("http_405", Help::OtherNetwork),
            ("piece_refused", Help::OtherNetwork),
            ("too_large", Help::OtherNetwork),
            ("sign_in_needed", Help::SignIn),
            ("update_needed", Help::UpdateApp),
            ("disk", Help::FreeSpace),
            ("file_damaged", Help::AttachAgain),
            ("fault", Help::AskSupport),
            ("hash_mismatch", Help::AskSupport),
            ("a_code_of_a_newer_server", Help::AskSupport),
        ] {
            assert_eq!(help(code, true), expected, "{code}");
        }
        assert_eq!(help("file_damaged", false), Help::Wait);
    }
}
