// The only module that apps import: the generated code and `Changes`. Ids are opaque strings that
// come from the core and are passed back to it.

@_exported import MsoCoreGenerated
