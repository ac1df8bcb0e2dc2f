// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// noVersion is the version in a module of bench/guests/stamp as it was built.
const noVersion = "version 000000000000"

// withVersion returns the module that writes a version, and whose code is its own.
func withVersion(module []byte, version int) []byte {
	return variant([]byte(strings.Replace(string(module), noVersion, versionText(version), 1)), version)
}

// versionText is what a version writes, always of the same length.
func versionText(version int) string { return fmt.Sprintf("version %012d", version) }

const replacedLine = `"Plugin replaced"`

var logTime = regexp.MustCompile(`(?m)^I\d{4} (\d\d:\d\d:\d\d\.\d{6}) .*`)

// since returns how long after a time the last line with a text was logged, by
// the clock of the log.
func since(began time.Time, log, text string) (time.Duration, error) {
	last := ""
	for _, line := range logTime.FindAllStringSubmatch(log, -1) {
		if strings.Contains(line[0], text) {
			last = line[1]
		}
	}
	at, err := time.ParseInLocation("15:04:05.000000", last, time.Local)
	if err != nil {
		return 0, fmt.Errorf("time of %s in the log: %w", text, err)
	}
	const day = 24 * time.Hour
	y, m, d := began.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, time.Local)
	passed := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute +
		time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())
	return (passed - began.Sub(midnight) + day) % day, nil
}
