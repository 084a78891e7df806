/// Which runs are listed, and in which order.
package struct RunFilter: Equatable, Sendable {
    /// How a value must stand to a number or a text.
    package enum Relation: String, CaseIterable, Sendable {
        case notLess = ">="
        case notGreater = "<="
        case notEqual = "!="
        case equal = "="
        case less = "<"
        case greater = ">"
    }

    /// What a condition is about.
    package enum Subject: Equatable, Sendable {
        case parameter(String)
        /// A metric's last value.
        case metric(String)
    }

    /// One condition.
    package struct Condition: Equatable, Sendable {
        package var subject: Subject
        package var relation: Relation
        package var value: String

        package init(_ subject: Subject, _ relation: Relation, _ value: String) {
            self.subject = subject
            self.relation = relation
            self.value = value
        }
    }

    /// What runs are ordered by; those that are equal come in the order of import.
    package enum Order: Equatable, Sendable {
        /// The latest first.
        case imported
        case name
        case started
        case lastStep
        /// The last value of `metric`; runs that end in NaN come last.
        case metric
    }

    /// Contained in the run's name, ignoring case.
    package var text: String?
    package var experiment: String?
    /// The metric that is shown; runs without it are left out.
    package var metric: String?
    package var conditions: [Condition] = []
    package var order = Order.imported
    package var isDescending = false
    package var limit: Int?

    package init() {}
}
