//! Two rules about who may inspect core's enums, checked on the syntax tree of every source file:
//!
//! - What a case status means is decided in `core` alone. Elsewhere a pattern on `CaseStatus::…` is a second
//!   copy of a rule, and so is a comparison in product code; callers use `allowed_actions`, a rule or a
//!   method of the case.
//! - The properties of an operation are in its own file. A pattern on `Command::…` in the server, in the FFI
//!   or in the phone's half would have to be extended for every new operation; callers use [`Command`]'s
//!   methods.
//!
//! Tests may compare, and may match on commands. Macros are checked too if their arguments are expressions
//! or, as in `matches!`, a pattern; a macro that mentions a guarded variant and cannot be parsed is refused.
//!
//! [`Command`]: ../../core/src/command/mod.rs

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, BinOp, Expr, Macro, Pat, Token, UseTree};

use crate::workspace::{Workspace, files_below};

/// What is guarded in one folder.
struct Searched {
    folder: &'static str,
    statuses: bool,
    commands: bool,
    /// Tests may compare statuses and match on commands.
    tests: bool,
}

const SEARCHED: &[Searched] = &[
    Searched {
        folder: "server/src",
        statuses: true,
        commands: true,
        tests: false,
    },
    Searched {
        folder: "ffi/src",
        statuses: true,
        commands: true,
        tests: false,
    },
    Searched {
        folder: "core/src/client",
        statuses: false,
        commands: true,
        tests: false,
    },
    Searched {
        folder: "server/tests",
        statuses: true,
        commands: false,
        tests: true,
    },
    Searched {
        folder: "ffi/tests",
        statuses: true,
        commands: false,
        tests: true,
    },
    Searched {
        folder: "tests",
        statuses: true,
        commands: false,
        tests: true,
    },
];

/// The FFI's mirror of core's enums: naming every variant is its purpose.
const ALLOWED: &[&str] = &["ffi/src/enums.rs"];

/// Where the operations are listed.
const OPERATIONS: &str = "core/src/command/mod.rs";

/// Fails with file and line of each finding.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let operations = operations(&fs::read_to_string(workspace.path(OPERATIONS))?)?;
    let mut findings = Vec::new();
    for searched in SEARCHED {
        for file in files_below(&workspace.path(searched.folder))? {
            let name = format!("{}/{}", searched.folder, file.display());
            if file.extension().is_none_or(|end| end != "rs") || ALLOWED.contains(&name.as_str()) {
                continue;
            }
            let source = fs::read_to_string(workspace.root.join(Path::new(&name)))
                .with_context(|| format!("cannot read {name}"))?;
            let rules = Rules {
                statuses: searched.statuses,
                operations: if searched.commands && !is_test_file(&file) {
                    &operations
                } else {
                    &[]
                },
                tests: searched.tests,
            };
            let found = scan(&source, rules).with_context(|| format!("cannot parse {name}"))?;
            findings.extend(
                found
                    .into_iter()
                    .map(|(line, what)| format!("{name}:{line}: {what}")),
            );
        }
    }
    if !findings.is_empty() {
        bail!(
            "statuses and operations are interpreted in core alone:\n  {}",
            findings.join("\n  ")
        );
    }
    Ok(())
}

fn is_test_file(file: &Path) -> bool {
    file.components()
        .any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

/// The names in `commands! { … }`.
fn operations(source: &str) -> Result<Vec<String>> {
    let file = syn::parse_file(source)?;
    let list = file.items.iter().find_map(|item| match item {
        syn::Item::Macro(item) if item.mac.path.is_ident("commands") => Some(&item.mac),
        _ => None,
    });
    let list = list.with_context(|| format!("no commands! list in {OPERATIONS}"))?;
    let names = list.parse_body_with(Punctuated::<syn::Ident, Token![,]>::parse_terminated)?;
    Ok(names.iter().map(ToString::to_string).collect())
}

#[derive(Clone, Copy)]
struct Rules<'a> {
    statuses: bool,
    /// Variants of `Command` that may not be matched on.
    operations: &'a [String],
    tests: bool,
}

fn scan(source: &str, rules: Rules<'_>) -> Result<Vec<(usize, String)>> {
    let file = syn::parse_file(source)?;
    let mut scan = Scan {
        rules,
        findings: Vec::new(),
    };
    scan.visit_file(&file);
    Ok(scan.findings)
}

struct Scan<'a> {
    rules: Rules<'a>,
    findings: Vec<(usize, String)>,
}

impl Scan<'_> {
    /// `CaseStatus::Done` or a listed `Command::AcceptCase` at the end of a path.
    fn guarded(&self, path: &syn::Path) -> Option<String> {
        let mut names = path
            .segments
            .iter()
            .rev()
            .map(|segment| segment.ident.to_string());
        let (variant, owner) = (names.next()?, names.next()?);
        let is_guarded = match owner.as_str() {
            "CaseStatus" => self.rules.statuses && is_variant(&variant),
            "Command" => self.rules.operations.contains(&variant),
            _ => false,
        };
        is_guarded.then(|| format!("{owner}::{variant}"))
    }

    fn find(&mut self, at: &impl Spanned, what: String) {
        self.findings.push((at.span().start().line, what));
    }

    fn compared(&self, side: &Expr) -> Option<String> {
        match side {
            Expr::Path(path) => self
                .guarded(&path.path)
                .filter(|what| what.starts_with("CaseStatus")),
            Expr::Reference(inner) => self.compared(&inner.expr),
            Expr::Paren(inner) => self.compared(&inner.expr),
            Expr::Unary(inner) => self.compared(&inner.expr),
            _ => None,
        }
    }

    /// Whether the tokens name a guarded variant anywhere.
    fn mentions(&self, tokens: &TokenStream) -> bool {
        let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let is_name = |tree: &TokenTree| {
            let name = tree.to_string();
            (self.rules.statuses && name == "CaseStatus")
                || (!self.rules.operations.is_empty() && name == "Command")
        };
        trees.iter().any(|tree| match tree {
            TokenTree::Group(group) => self.mentions(&group.stream()),
            _ => is_name(tree),
        })
    }
}

/// `Done`, but neither `ALL` nor `from_wire`.
fn is_variant(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().any(|letter| letter.is_ascii_lowercase())
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Scan<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let before = self.rules;
        if is_for_tests(&module.attrs) {
            (self.rules.operations, self.rules.tests) = (&[], true);
        }
        visit::visit_item_mod(self, module);
        self.rules = before;
    }

    fn visit_pat(&mut self, pattern: &'ast Pat) {
        let path = match pattern {
            Pat::Path(pattern) => Some(&pattern.path),
            Pat::TupleStruct(pattern) => Some(&pattern.path),
            Pat::Struct(pattern) => Some(&pattern.path),
            _ => None,
        };
        if let Some(what) = path.and_then(|path| self.guarded(path)) {
            self.find(pattern, format!("{what} in a pattern"));
        }
        visit::visit_pat(self, pattern);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if !self.rules.tests && matches!(binary.op, BinOp::Eq(_) | BinOp::Ne(_)) {
            for side in [&binary.left, &binary.right] {
                if let Some(what) = self.compared(side) {
                    self.find(binary, format!("{what} in a comparison"));
                }
            }
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        let guarded = (path.ident == "CaseStatus" && self.rules.statuses)
            || (path.ident == "Command" && !self.rules.operations.is_empty());
        if guarded && !matches!(&*path.tree, UseTree::Name(name) if name.ident == "self") {
            self.find(path, format!("variants of {} imported by name", path.ident));
        }
        visit::visit_use_path(self, path);
    }

    fn visit_use_rename(&mut self, rename: &'ast syn::UseRename) {
        if rename.ident == "CaseStatus" && self.rules.statuses {
            self.find(
                rename,
                format!("CaseStatus hidden behind the name {}", rename.rename),
            );
        }
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if !self.mentions(&mac.tokens) {
            return;
        }
        let name = mac
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string())
            .unwrap_or_default();
        if name == "macro_rules" {
            return;
        }
        if name.ends_with("matches") {
            let parts = |input: ParseStream<'_>| {
                let value: Expr = input.parse()?;
                input.parse::<Token![,]>()?;
                let pattern = Pat::parse_multi_with_leading_vert(input)?;
                input.parse::<TokenStream>()?;
                Ok((value, pattern))
            };
            if let Ok((value, pattern)) = parts.parse2(mac.tokens.clone()) {
                self.visit_expr(&value);
                self.visit_pat(&pattern);
                return;
            }
        }
        // A name on its own, such as an argument of `text!(CaseStatus)`, is an expression too.
        match Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.tokens.clone()) {
            Ok(arguments) => arguments.iter().for_each(|argument| self.visit_expr(argument)),
            Err(_) => self.find(
                mac,
                format!("{name}! cannot be read, and mentions a guarded enum"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTS: Rules<'_> = Rules {
        statuses: true,
        operations: &[],
        tests: true,
    };
    const PRODUCT: Rules<'_> = Rules {
        tests: false,
        ..TESTS
    };

    /// Statements are wrapped in a function; items stay as they are.
    fn found(source: &str, rules: Rules<'_>) -> Vec<(usize, String)> {
        let wrapped = format!("fn wrapped() {{ {source} }}");
        scan(&wrapped, rules).or_else(|_| scan(source, rules)).unwrap()
    }

    #[track_caller]
    fn refused(source: &str) {
        assert!(!found(source, TESTS).is_empty(), "slipped through: {source}");
    }

    #[track_caller]
    fn allowed(source: &str) {
        assert_eq!(found(source, TESTS), vec![], "{source}");
    }

    #[test]
    fn a_match_arm_is_refused() {
        refused("fn f(s: CaseStatus) -> u8 { match s { CaseStatus::New => 1, _ => 2 } }");
        refused("match s { CaseStatus::New | CaseStatus::Done => 1, _ => 2 }");
        refused("match s { mso_core::cases::CaseStatus::New\n    => 1, _ => 2 }");
        refused("match s { CaseStatus::New if late => 1, _ => 2 }");
        refused("match s { CaseStatus::Done { at, .. } => at, _ => 2 }");
        refused("match s { CaseStatus::Done(at) => at, _ => 2 }");
    }

    #[test]
    fn a_nested_pattern_is_refused() {
        refused("match (a, b) { (CaseStatus::New, _) => 1, _ => 2 }");
        refused("match a { Some(CaseStatus::New) => 1, _ => 2 }");
        refused("match case { Case { status: CaseStatus::New, .. } => 1, _ => 2 }");
        refused("match case { Case { id, status: CaseStatus::New, .. } if id.odd() => 1, _ => 2 }");
    }

    #[test]
    fn let_and_matches_are_refused() {
        refused("if let CaseStatus::New = s { go() }");
        refused("while let Some(CaseStatus::New) = next() {}");
        refused("let CaseStatus::New = s else { return };");
        refused("let Case { status: CaseStatus::New, .. } = case else { return };");
        refused("assert!(matches!(case.status, CaseStatus::New));");
        refused("assert_matches!(case.status, CaseStatus::Done { .. });");
        refused("let a = matches!(case.status(), Some(CaseStatus::New | CaseStatus::Done));");
    }

    #[test]
    fn imports_that_hide_the_origin_are_refused() {
        refused("use mso_core::cases::CaseStatus::*;");
        refused("use mso_core::cases::CaseStatus::{Done, New};");
        refused("use mso_core::cases::CaseStatus as Status;");
    }

    #[test]
    fn values_are_allowed() {
        allowed("let s = CaseStatus::New;");
        allowed("case.advance(CaseStatus::New, now);");
        allowed("let all = [CaseStatus::New, CaseStatus::Done];");
        allowed("match role { Role::Admin => CaseStatus::New, Role::Provider => CaseStatus::Done }");
        allowed("match role { Role::Admin => f(CaseStatus::New), Role::Provider => f(CaseStatus::Done) }");
        allowed("match role { Role::Admin => CaseStatus::New, _ => x }\nif late { go() }");
        allowed("assert_eq!(case.status, CaseStatus::Done);");
        allowed("let view = View { status: CaseStatus::New, id };");
        allowed("let case = a_case().with(CaseStatus::New); if late { go() }");
        allowed("for s in CaseStatus::ALL { show(s) }");
        allowed("let s = CaseStatus::from_wire(text)?;");
        allowed("if wanted(CaseStatus::New) { a } else { b }");
    }

    #[test]
    fn a_comparison_is_refused_in_product_code_and_allowed_in_tests() {
        for source in [
            "if case.status == CaseStatus::Done { go() }",
            "let a = CaseStatus::New != s;",
            "let a = a == &CaseStatus::New;",
        ] {
            assert_eq!(found(source, PRODUCT).len(), 1, "{source}");
            allowed(source);
        }
    }

    #[test]
    fn comments_and_strings_do_not_count() {
        allowed(
            "// match s { CaseStatus::New => 1 }\n/* /* CaseStatus::New => */ CaseStatus::New => */ fn f() {}",
        );
        allowed(r##"let a = "CaseStatus::New =>"; let b = r#"CaseStatus::New " =>"#; let c = '"';"##);
        allowed("//! ```\n//! match s { CaseStatus::New => 1 }\n//! ```");
    }

    #[test]
    fn the_line_is_named() {
        let source =
            "fn f() {\n    let a = \"x\n y\";\n    match s {\n        CaseStatus::New => 1,\n    }\n}";
        assert_eq!(
            found(source, TESTS),
            vec![(5, "CaseStatus::New in a pattern".to_owned())]
        );
    }

    #[test]
    fn lifetimes_and_raw_names_do_not_confuse_the_reader() {
        refused("fn f<'a>(r#type: &'a str) { match s { CaseStatus::New => 1 } }");
    }

    #[test]
    fn a_match_on_an_operation_is_refused_outside_core_and_allowed_in_tests() {
        let operations = operations("commands! { AcceptCase, RejectCase, }").unwrap();
        let product = Rules {
            operations: &operations,
            ..PRODUCT
        };
        for source in [
            "match command { Command::AcceptCase(accept) => accept.case_id, _ => other }",
            "if let Command::RejectCase(reject) = &envelope.command { go() }",
            "let a = matches!(command, Command::AcceptCase(_));",
            "use mso_core::command::Command::AcceptCase;",
        ] {
            assert_eq!(found(source, product).len(), 1, "{source}");
            allowed(source);
        }
        for source in [
            "match arguments { Command::Serve(serve) => run(serve), _ => other }",
            "let command = Command::AcceptCase(AcceptCase { case_id });",
            "#[cfg(test)] mod tests { fn f() { if let Command::AcceptCase(a) = c { go() } } }",
        ] {
            assert_eq!(found(source, product), vec![], "{source}");
        }
    }

    #[test]
    fn a_macro_that_cannot_be_read_is_refused() {
        refused("select! { s = next() => match s { CaseStatus::New => 1 } }");
    }
}
