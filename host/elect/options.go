// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"
	coordinationv1client "k8s.io/client-go/kubernetes/typed/coordination/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/component-base/config"
	"k8s.io/component-base/config/options"
	"k8s.io/component-base/config/validation"
)

// Options configure an [Elector].
type Options struct {
	// Configuration is what the flags say; see [DefaultConfiguration]. Without
	// LeaderElect the process leads as soon as it runs.
	Configuration config.LeaderElectionConfiguration
	// Leases is where the Lease is. Use a client without a rate limit that
	// others share, or a burst of their requests costs the lease. Required if
	// LeaderElect is set.
	Leases coordinationv1client.LeasesGetter
	// Watches is as Leases, without a timeout for requests: a standby watches the
	// Lease through it. Nil: it looks at the Lease now and then.
	Watches coordinationv1client.LeasesGetter
	// Events gets the Events about the Lease; nil means there are none.
	Events corev1client.EventsGetter
	// Identity names this process in the Lease; empty means host name,
	// underscore, random UUID.
	Identity string
	// Clock is that of the fence; nil: its default.
	Clock func() time.Duration
	// Logger gets the turns of the election; nil discards them.
	Logger *slog.Logger
}

// DefaultConfiguration returns kube-controller-manager's configuration with
// this program's name: 15 s, 10 s, 2 s, the Lease
// kube-system/wasm-controller-manager.
func DefaultConfiguration() config.LeaderElectionConfiguration {
	return config.LeaderElectionConfiguration{
		LeaderElect:       true,
		LeaseDuration:     metav1.Duration{Duration: 15 * time.Second},
		RenewDeadline:     metav1.Duration{Duration: 10 * time.Second},
		RetryPeriod:       metav1.Duration{Duration: 2 * time.Second},
		ResourceLock:      resourcelock.LeasesResourceLock,
		ResourceName:      "wasm-controller-manager",
		ResourceNamespace: metav1.NamespaceSystem,
	}
}

// AddFlags adds the flags --leader-elect and --leader-elect-*, which set c and
// have its values as their defaults.
func AddFlags(c *config.LeaderElectionConfiguration, flags *pflag.FlagSet) {
	options.BindLeaderElectionFlags(c, flags)
}

// Validate says what is wrong with c.
func Validate(c *config.LeaderElectionConfiguration) error {
	path := field.NewPath("leaderElection")
	problems := validation.ValidateLeaderElectionConfiguration(c, path)
	if c.LeaderElect && c.ResourceLock != resourcelock.LeasesResourceLock {
		problems = append(problems, field.NotSupported(path.Child("resourceLock"), c.ResourceLock, []string{resourcelock.LeasesResourceLock}))
	}
	if c.LeaderElect && len(problems) == 0 && margin(c) < leastMargin {
		problems = append(problems, field.Invalid(path.Child("leaseDuration"), c.LeaseDuration.Duration.String(), fmt.Sprintf(
			"must be %v longer than renewDeadline (%v) at least, fractions of a second not counted", leastMargin, c.RenewDeadline.Duration)))
	}
	return problems.ToAggregate()
}

// leastMargin leaves time for what is on its way when the leader is no longer
// sure that it leads, and for clocks that run at different speeds.
const leastMargin = time.Second

// margin is how much later than the leader stops to write another process can
// lead. The Lease has room for whole seconds only.
func margin(c *config.LeaderElectionConfiguration) time.Duration {
	return c.LeaseDuration.Truncate(time.Second) - c.RenewDeadline.Duration
}

func newIdentity() (string, error) {
	hostname, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("name this process in the lease: %w", err)
	}
	return hostname + "_" + string(uuid.NewUUID()), nil
}
