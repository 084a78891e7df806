/// The machine that something was measured on, as far as it is told; nil for what is not.
package struct MeasuringHost: Equatable, Sendable {
    /// Its name in the network.
    package var name: String?
    /// The processor's model.
    package var cpu: String?
    /// Logical cores.
    package var coreCount: Int?
    /// Bytes of memory.
    package var memoryByteCount: Int?
    /// The accelerators' models; several are joined by commas.
    package var gpu: String?
    /// The operating system with its version.
    package var os: String?

    package init(
        name: String? = nil, cpu: String? = nil, coreCount: Int? = nil, memoryByteCount: Int? = nil,
        gpu: String? = nil, os: String? = nil
    ) {
        self.name = name
        self.cpu = cpu
        self.coreCount = coreCount
        self.memoryByteCount = memoryByteCount
        self.gpu = gpu
        self.os = os
    }

    /// Whether nothing is known of it.
    package var isUnknown: Bool { self == MeasuringHost() }
}
