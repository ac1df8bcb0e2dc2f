// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// fence bounds how far the pods of a rollout may stray from what is asked for.
type fence struct {
	surge       int32 // how many more there may be
	unavailable int32 // how many fewer may be available
}

// fence returns the bounds for the Deployment as it is asked for now. A
// percentage of surge is rounded up and one of unavailability down; if that
// leaves neither, one pod may be unavailable, or nothing could ever move.
func (d *Deployment) fence() fence {
	if d.Spec.Strategy.Type != strategyRolling {
		return fence{}
	}
	rolling, replicas := &d.Spec.Strategy.RollingUpdate, d.replicas()
	f := fence{
		surge:       scaled(rolling.MaxSurge, replicas, true),
		unavailable: scaled(rolling.MaxUnavailable, replicas, false),
	}
	if f.surge == 0 && f.unavailable == 0 {
		f.unavailable = 1
	}
	f.unavailable = min(f.unavailable, replicas)
	return f
}

// scaled returns the number, or the percentage of total. What is neither, which
// the API server does not let pass, counts as 0.
func scaled(v sdk.IntOrString, total int32, up bool) int32 {
	if v.Kind == sdk.IsInt {
		return int32(v.Int)
	}
	text, isPercentage := strings.CutSuffix(v.Text, "%")
	percent, err := strconv.ParseInt(text, 10, 32)
	if !isPercentage || err != nil {
		return 0
	}
	hundredfold := percent * int64(total)
	if up {
		hundredfold += 99
	}
	return int32(hundredfold / 100)
}

// minAvailable returns how many pods must be available during a rollout.
func (d *Deployment) minAvailable() int32 { return d.replicas() - d.fence().unavailable }

// maxReplicas returns how many pods there may be during a rollout.
func (d *Deployment) maxReplicas() int32 { return d.replicas() + d.fence().surge }
