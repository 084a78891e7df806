import ArgumentParser
import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What Ingot takes from the environment. Only the command line reads it, and only here.
struct Environment: Equatable, Sendable {
    /// `INGOT_HOME`: the store's folder.
    var ingotHome: String?
    /// `XDG_DATA_HOME`: where programs keep the user's data.
    var dataHome: String?
    /// `HOME`: the user's folder.
    var userHome: String?
    /// `INGOT_ISA`: the instruction set that the kernels must use: `portable`, `avx2` or `avx512`.
    var instructionSet: String?
    /// `INGOT_FILE_SYSTEM`: `local` or `network`, what the store lies on where the system does not tell.
    var fileSystemName: String?
    /// False when `NO_COLOR` is set.
    var allowsColor: Bool
    /// Whether text is UTF-8: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set says so.
    var usesUTF8: Bool

    /// - Parameter value: gives a variable's value; an empty one counts as unset.
    init(value: (String) -> String?) {
        func text(_ name: String) -> String? { value(name).flatMap { $0.isEmpty ? nil : $0 } }
        ingotHome = text("INGOT_HOME")
        dataHome = text("XDG_DATA_HOME")
        userHome = text("HOME")
        instructionSet = text("INGOT_ISA")
        fileSystemName = text("INGOT_FILE_SYSTEM")
        allowsColor = text("NO_COLOR") == nil
        let locale = (text("LC_ALL") ?? text("LC_CTYPE") ?? text("LANG") ?? "").lowercased()
        usesUTF8 = locale.hasSuffix("utf-8") || locale.hasSuffix("utf8")
    }

    /// The process's own.
    static var process: Self { Self { name in unsafe getenv(name).map { unsafe String(cString: $0) } } }

    /// What the user says that the store lies on; nil asks the system.
    func fileSystem() throws -> FileSystemKind? {
        switch fileSystemName {
        case nil: nil
        case "local": .local
        case "network": .network("a network file system")
        case let name?:
            throw ValidationError("INGOT_FILE_SYSTEM must be 'local' or 'network', got '\(name)'.")
        }
    }

    /// The store's folder: `option`, else `INGOT_HOME`, else `ingot` in the user's data folder. A relative
    /// `XDG_DATA_HOME` is ignored, as its specification asks.
    func homeFolder(option: String?) throws -> String {
        if let folder = option ?? ingotHome { return folder }
        if let dataHome, dataHome.hasPrefix("/") { return dataHome + "/ingot" }
        if let userHome { return userHome + "/.local/share/ingot" }
        throw ValidationError("No folder for the store: HOME is not set. Give --home, or set INGOT_HOME.")
    }
}
