import CStatfs

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whether a file system is this machine's own, or one that other machines may write to at the same time.
///
/// On the latter, shared memory and flock(2) do not reach the other machines (or only by some mount options).
package enum FileSystemKind: Equatable, Sendable {
    case local
    /// With the name of its kind.
    case network(String)

    /// What a task and its children are told instead of the truth: the stand-in of tests, and of users whose file
    /// system is not known here.
    @TaskLocal package static var override: FileSystemKind?

    /// What holds `path`, by statfs(2); a place that cannot be looked at counts as local.
    package init(of path: String) {
        if let override = Self.override {
            self = override
            return
        }
        var status = statfs()
        guard unsafe statfs(path, &status) == 0 else {
            self = .local
            return
        }
        #if canImport(Darwin)
            self = status.f_flags & UInt32(MNT_LOCAL) != 0 ? .local : .network("network")
        #else
            // The type is 32 bits wide, whatever the width and sign of the field.
            let number = UInt32(truncatingIfNeeded: status.f_type)
            self = Self.networkNames[number].map(Self.network) ?? .local
        #endif
    }

    /// Its name, when it is not this machine's own.
    package var networkName: String? {
        if case .network(let name) = self { name } else { nil }
    }

    /// Types by statfs(2) and linux/magic.h; BeeGFS, GPFS, Lustre and PanFS by their own headers. Of FUSE nobody can
    /// tell what is behind it (sshfs, GlusterFS, rclone), so it counts as a network.
    private static let networkNames: [UInt32: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2", 0x0BD0_0BD0: "Lustre",
        0x6573_5546: "FUSE", 0x00C3_6400: "CephFS", 0x0102_1997: "9P", 0x5346_414F: "AFS", 0x6B41_4653: "AFS",
        0x7375_7245: "Coda", 0x0116_1970: "GFS2", 0x7461_636F: "OCFS2", 0x1983_0326: "BeeGFS", 0x4750_4653: "GPFS",
        0x564C: "NCP", 0xAAD7_AAEA: "PanFS", 0x2003_0528: "OrangeFS", 0x786F_4256: "VirtualBox",
        0xBACB_ACBC: "VMware",
    ]
}
