// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"errors"
	"strconv"
	"time"
)

// Settings are the settings of the plugin, named like the flags of
// kube-controller-manager.
type Settings struct {
	NodeMonitorPeriod         string  `json:"nodeMonitorPeriod"`         // how often nodes are looked at
	NodeMonitorGracePeriod    string  `json:"nodeMonitorGracePeriod"`    // how long a node may be silent
	NodeStartupGracePeriod    string  `json:"nodeStartupGracePeriod"`    // how long one that has never reported its status may be
	NodeEvictionRate          float64 `json:"nodeEvictionRate"`          // nodes tainted per second and zone
	SecondaryNodeEvictionRate float64 `json:"secondaryNodeEvictionRate"` // the same in a large zone that is disrupted; in a small one it is 0
	UnhealthyZoneThreshold    float64 `json:"unhealthyZoneThreshold"`    // the share of nodes not ready from which on a zone is disrupted
	LargeClusterSizeThreshold int     `json:"largeClusterSizeThreshold"` // a zone with more nodes is large

	period, grace, startupGrace time.Duration
}

// defaults returns what holds where the operator says nothing.
func defaults() Settings {
	s := Settings{
		NodeMonitorPeriod: "5s", NodeMonitorGracePeriod: "50s", NodeStartupGracePeriod: "1m",
		NodeEvictionRate: 0.1, SecondaryNodeEvictionRate: 0.01, UnhealthyZoneThreshold: 0.55, LargeClusterSizeThreshold: 50,
	}
	if err := s.prepare(); err != nil {
		panic(err)
	}
	return s
}

// prepare checks the settings and parses the durations.
func (s *Settings) prepare() error {
	for _, d := range []struct {
		name, text string
		to         *time.Duration
	}{
		{"nodeMonitorPeriod", s.NodeMonitorPeriod, &s.period},
		{"nodeMonitorGracePeriod", s.NodeMonitorGracePeriod, &s.grace},
		{"nodeStartupGracePeriod", s.NodeStartupGracePeriod, &s.startupGrace},
	} {
		var err error
		if *d.to, err = time.ParseDuration(d.text); err != nil || *d.to <= 0 {
			return errors.New(d.name + " is " + strconv.Quote(d.text) + ", expected a positive duration such as 50s")
		}
	}
	switch {
	case s.NodeEvictionRate < 0 || s.SecondaryNodeEvictionRate < 0:
		return errors.New("an eviction rate is negative, expected nodes per second, 0 for none")
	case s.UnhealthyZoneThreshold < 0 || s.UnhealthyZoneThreshold > 1:
		return errors.New("unhealthyZoneThreshold is not a share of nodes, expected 0 to 1")
	}
	return nil
}
