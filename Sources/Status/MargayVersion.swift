/// The version of Margay that this build is.
package enum MargayVersion {
    package static let current = "0.1.0"
}
