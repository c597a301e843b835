extension JSONWriter {
    mutating func put(_ profile: Profile) {
        object { writer in
            writer.member("apiVersion", profile.format.rawValue)
            writer.member("kind", profile.format == .v3 ? "Profile" : "profile")
            writer.put(profile.metadata, tags: profile.tags)
            writer.name("spec")
            writer.object { writer in
                writer.put("ingress", profile.ingress, profile.format)
                writer.put("egress", profile.egress, profile.format)
                if profile.format == .v3 {
                    writer.member("labelsToApply", texts: profile.labelsToApply)
                }
                writer.members(profile.otherSpecFields)
            }
            writer.members(profile.otherFields)
        }
    }
}
