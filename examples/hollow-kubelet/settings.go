// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Settings are the settings of the plugin.
type Settings struct {
	Count            int        `json:"count"`            // how many nodes; 1 to 128
	Prefix           string     `json:"prefix"`           // of the names of the nodes, which end in a number from 0
	Labels           sdk.Labels `json:"labels"`           // of the nodes, beside the usual ones
	Capacity         sdk.Labels `json:"capacity"`         // of each node
	Bind             bool       `json:"bind"`             // bind pods that nobody has scheduled
	StartupDelay     string     `json:"startupDelay"`     // how long the containers of a pod take to run, "2s"
	TerminationDelay string     `json:"terminationDelay"` // how long they take to end, at most the grace period

	startupDelay, terminationDelay time.Duration
}

// defaults returns what holds where the operator says nothing.
func defaults() Settings {
	return Settings{
		Count: 1, Prefix: "hollow-", Bind: true, StartupDelay: "0s", TerminationDelay: "0s",
		Capacity: sdk.Labels{
			{Key: "cpu", Value: "8"}, {Key: "memory", Value: "32Gi"},
			{Key: "ephemeral-storage", Value: "100Gi"}, {Key: "pods", Value: "110"},
		},
	}
}

// prepare checks the settings and parses the durations.
func (s *Settings) prepare() (err error) {
	if s.Count < 1 || s.Count > maxNodes {
		return fmt.Errorf("count is %d, expected 1 to %d", s.Count, maxNodes)
	}
	if s.Prefix == "" {
		return errors.New("prefix is empty, expected the start of a node's name")
	}
	if s.startupDelay, err = duration("startupDelay", s.StartupDelay); err != nil {
		return err
	}
	s.terminationDelay, err = duration("terminationDelay", s.TerminationDelay)
	return err
}

func duration(name, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil && d < 0 {
		err = errors.New("negative")
	}
	if err != nil {
		return 0, fmt.Errorf("%s is %q, expected a duration such as 2s: %w", name, text, err)
	}
	return d, nil
}

// nodeName returns the name of the node with this index.
func (s *Settings) nodeName(index int) string { return s.Prefix + strconv.Itoa(index) }

// index returns the index of the node of this name, -1 if it is not one of ours.
func (s *Settings) index(nodeName string) int {
	number, ours := strings.CutPrefix(nodeName, s.Prefix)
	if index, err := strconv.Atoi(number); ours && err == nil && index >= 0 && index < s.Count && s.nodeName(index) == nodeName {
		return index
	}
	return -1
}
