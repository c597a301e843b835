import NetworkValues

extension JSONWriter {
    mutating func put(_ profile: Profile) {
        object { writer in
            writer.member("apiVersion", "projectcalico.org/v3")
            writer.member("kind", "Profile")
            writer.put(profile.metadata)
            writer.name("spec")
            writer.object { writer in
                writer.put("ingress", profile.ingress)
                writer.put("egress", profile.egress)
                writer.member("labelsToApply", texts: profile.labelsToApply)
                writer.members(profile.otherSpecFields)
            }
            writer.members(profile.otherFields)
        }
    }

    private mutating func put(_ name: String, _ rules: [Rule]) {
        guard !rules.isEmpty else { return }
        self.name(name)
        array(rules) { writer, rule in
            writer.object { writer in
                writer.member("action", rule.action.rawValue)
                // A protocol without a name is a number, as Calico's API has it.
                if let name = rule.protocol?.name {
                    writer.member("protocol", name)
                } else {
                    writer.member("protocol", number: rule.protocol?.rawValue)
                }
                writer.put("source", rule.source)
                writer.put("destination", rule.destination)
                if !rule.annotations.isEmpty {
                    writer.name("metadata")
                    writer.object { writer in writer.member("annotations", texts: rule.annotations) }
                }
            }
        }
    }

    private mutating func put(_ name: String, _ entity: EntityRule) {
        guard !entity.nets.isEmpty || !entity.ports.isEmpty else { return }
        self.name(name)
        object { writer in
            writer.member("nets", list: entity.nets)
            guard !entity.ports.isEmpty else { return }
            writer.name("ports")
            writer.array(entity.ports) { writer, range in
                if range.lowerBound == range.upperBound {
                    writer.raw(range.description)
                } else {
                    writer.string(range.description)
                }
            }
        }
    }
}
