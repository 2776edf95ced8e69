// The one module that apps import: everything generated, and `Changes`.
//
// Not here: rules, state of screens (`ios/`). Ids are strings that come from the core and go back
// to it unread.

@_exported import MsoCoreGenerated
