#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Which process does a job, told apart from later ones that get its number.
package struct ProcessIdentity: Hashable, Sendable {
    package enum State: Sendable {
        case running, gone
        /// It ran on another machine.
        case elsewhere
    }

    package let number: Int
    /// On Linux, the boot and the clock tick at which it began; empty where the system does not tell.
    package let started: String
    package let host: String

    package init(number: Int, started: String, host: String) {
        self.number = number
        self.started = started
        self.host = host
    }

    /// The process that asks.
    package static func current() -> Self {
        let number = Int(getpid())
        return Self(number: number, started: start(of: number) ?? "", host: thisHost())
    }

    /// What has become of it.
    package var state: State {
        guard host == Self.thisHost() else { return .elsewhere }
        guard kill(pid_t(truncatingIfNeeded: number), 0) == 0 || errno == EPERM else { return .gone }
        return Self.start(of: number) ?? "" == started ? .running : .gone
    }

    /// Whether it was stopped, as Ctrl-Z and SIGSTOP do: it keeps what it holds, and does nothing.
    package var isStopped: Bool {
        guard state == .running, let status = Self.contents("/proc/\(number)/stat"),
            let end = status.lastIndex(of: ")")
        else { return false }
        return status[end...].dropFirst(2).first == "T"
    }

    private static func thisHost() -> String {
        var name = [CChar](repeating: 0, count: 256)
        // The system writes at most as many bytes as it is told, and the last stays zero.
        guard unsafe gethostname(&name, 255) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Field 22 of `/proc/N/stat` (proc_pid_stat(5)), behind the last parenthesis of the command's name.
    private static func start(of number: Int) -> String? {
        guard let boot = contents("/proc/sys/kernel/random/boot_id"), let status = contents("/proc/\(number)/stat"),
            let end = status.lastIndex(of: ")")
        else { return nil }
        let fields = status[end...].split(separator: " ")
        guard fields.count > 20 else { return nil }
        return "\(boot.prefix(8))-\(fields[20])"
    }

    private static func contents(_ path: String) -> String? {
        // The path outlives the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        // The system writes at most `count` bytes.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
