import Bytes
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What an export's staging folder is called: `ingot-PID-N`, the process that writes it and a number of its own.
struct StagingName: CustomStringConvertible {
    let description = "ingot-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...UInt32.max))"

    /// Removes what exports to this destination left beside it or inside it when their process was killed.
    ///
    /// What cannot be listed or removed, such as another user's, stays: it is not in the way of a new export.
    static func sweep(besides destination: String) {
        let slash = destination.lastIndex(of: "/")
        let parent = slash.map { $0 == destination.startIndex ? "/" : String(destination[..<$0]) } ?? "."
        let name = slash.map { destination[destination.index(after: $0)...] } ?? destination[...]
        for (folder, start) in [(parent, "\(name)."), (destination, ".")] where Folder.isFolder(folder) {
            for entry in (try? Folder.entries(of: folder)) ?? [] where entry.hasPrefix(start) {
                let path = folder + "/" + entry
                if isAbandoned(entry.dropFirst(start.count)), Folder.isFolder(path) { try? Folder.removeTree(path) }
            }
        }
    }

    /// Whether this is the name of a staging folder whose process is gone. A process of another machine or container
    /// that shares the folder cannot be seen: its folder counts as abandoned when no process here has its number.
    private static func isAbandoned(_ name: Substring) -> Bool {
        let fields = name.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0] == "ingot", let process = pid_t(fields[1]), process > 0,
            UInt32(fields[2]) != nil
        else { return false }
        return kill(process, 0) != 0 && errno == ESRCH
    }
}
