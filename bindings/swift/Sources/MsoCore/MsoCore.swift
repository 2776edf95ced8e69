// The only module that apps import: the generated code, the ids and `Changes`.

@_exported import MsoCoreGenerated
@_exported import MsoIds
