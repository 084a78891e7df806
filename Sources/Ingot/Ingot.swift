/// The library: `import Ingot` brings in `ModelRegistry`, its requests and its reports.
@_exported public import Registry
