import Testing

@testable import Status

@Suite struct MetricsTextTests {
    private var families: [MetricFamily] {
        var histogram = Histogram(upperBounds: [0.5, 1])
        for value in [0.25, 0.5, 0.75, 7] { histogram.observe(value) }
        return [
            MetricFamily("a_build", .info, "The version.", by: "version", [("1.0", .integer(1))]),
            MetricFamily("a_up", .gauge, "Whether it is up.", .flag(true)),
            MetricFamily("a_wait_seconds", .histogram, "How long.", unit: "seconds", .histogram(histogram)),
            MetricFamily(
                "a_drops", .counter, "Dropped packets.", by: "reason",
                [("mac", .integer(3)), ("ip", .integer(.max))]),
            MetricFamily("b_failures", .bareCounter, "Failures.", .count(2)),
            MetricFamily(
                "b_time_seconds", .summary, "Time.", unit: "seconds", .summary(count: 4, sum: 1.5)),
            MetricFamily("c_nothing", .gauge, "Of nothing.", by: "of", []),
        ]
    }

    @Test func openMetricsHasTypesUnitsSuffixesAndAnEnd() {
        #expect(
            MetricsFormat.openMetrics.text(of: families) == """
                # TYPE a_build info
                # HELP a_build The version.
                a_build_info{version="1.0"} 1
                # TYPE a_up gauge
                # HELP a_up Whether it is up.
                a_up 1
                # TYPE a_wait_seconds histogram
                # UNIT a_wait_seconds seconds
                # HELP a_wait_seconds How long.
                a_wait_seconds_bucket{le="0.5"} 2
                a_wait_seconds_bucket{le="1.0"} 3
                a_wait_seconds_bucket{le="+Inf"} 4
                a_wait_seconds_count 4
                a_wait_seconds_sum 8.5
                # TYPE a_drops counter
                # HELP a_drops Dropped packets.
                a_drops_total{reason="mac"} 3
                a_drops_total{reason="ip"} 18446744073709551615
                # TYPE b_failures unknown
                # HELP b_failures Failures.
                b_failures 2
                # TYPE b_time_seconds summary
                # UNIT b_time_seconds seconds
                # HELP b_time_seconds Time.
                b_time_seconds_count 4
                b_time_seconds_sum 1.5
                # EOF

                """)
    }

    @Test func theOlderFormatNamesSamplesAlikeAndFamiliesByTheirSamples() {
        let text = MetricsFormat.prometheus.text(of: families)
        for line in [
            "# TYPE a_build_info gauge", "# TYPE a_drops_total counter", "# HELP a_drops_total Dropped packets.",
            "# TYPE b_failures counter", "# TYPE a_wait_seconds histogram",
        ] {
            #expect(text.contains("\(line)\n"))
        }
        #expect(!text.contains("# UNIT") && !text.contains("# EOF"))
        func samples(_ format: MetricsFormat) -> [Substring] {
            format.text(of: families).split(separator: "\n").filter { !$0.hasPrefix("#") }
        }
        #expect(samples(.prometheus) == samples(.openMetrics))
    }

    @Test func whatWouldEndALineOrAStringIsEscaped() {
        let family = MetricFamily("a", .gauge, "\\ \"\n", by: "of", [("\\ \"\n", .integer(1))])
        #expect(
            MetricsFormat.openMetrics.text(of: [family])
                == #"""
                # TYPE a gauge
                # HELP a \\ \"\n
                a{of="\\ \"\n"} 1
                # EOF

                """#)
        #expect(MetricsFormat.prometheus.text(of: [family]).contains(#"# HELP a \\ "\n"# + "\n"))
    }

    @Test func numbersThatAreNone() {
        func line(_ number: Double) -> Substring? {
            MetricsFormat.prometheus.text(of: [MetricFamily("a", .gauge, "", .number(number))])
                .split(separator: "\n").last
        }
        #expect(line(.infinity) == "a +Inf")
        #expect(line(-.infinity) == "a -Inf")
        #expect(line(.nan) == "a NaN")
        #expect(line(0.25) == "a 0.25")
    }

    @Test(
        arguments: [
            (nil, .openMetrics), ("*/*", .openMetrics), ("", .openMetrics), ("text/html, */*;q=0.8", .openMetrics),
            ("text/plain", .prometheus), ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .prometheus),
            ("application/openmetrics-text; version=1.0.0", .openMetrics),
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
                .openMetrics
            ),
            ("Application/OpenMetrics-Text; q=0.2, Text/Plain ; q=0.9", .prometheus),
        ] as [(String?, MetricsFormat)])
    func theFormatIsWhatIsAskedFor(accept: String?, format: MetricsFormat) {
        #expect(MetricsFormat(accept: accept) == format)
    }

    @Test func anObservationOnABoundBelongsBelowIt() {
        var histogram = Histogram(upperBounds: [1, 2])
        for value in [0, 1, 1.5, 2, 2.5] { histogram.observe(value) }
        #expect(histogram.counts == [2, 2, 1])
        #expect(histogram.count == 5)
        #expect(histogram.sum == 7)
    }
}
