// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpoints

import "github.com/wasm-controller-manager/wcm/plugins/internal/backend"

// capacity is how many addresses Endpoints have at most.
const capacity = 1000

// subsetsOf returns the subsets for the pods that the service selects.
func subsetsOf(service *backend.Service, selected []backend.Pod) []backend.Subset {
	var subsets []backend.Subset
	for i := range selected {
		pod := &selected[i]
		address, found := addressOf(service, pod)
		ports := pod.Ports(service)
		portless := len(service.Spec.Ports) == 0 && service.Spec.ClusterIP == "None"
		if !found || len(ports) == 0 && !portless {
			continue
		}
		subset := backend.Subset{Ports: ports}
		if ready, _ := pod.Ready(); ready || service.Spec.PublishNotReadyAddresses {
			subset.Addresses = []backend.Address{address}
		} else {
			subset.NotReadyAddresses = []backend.Address{address}
		}
		subsets = append(subsets, subset)
	}
	return backend.Repack(subsets)
}

// addressOf returns the address of a pod of the service, and whether it has one.
func addressOf(service *backend.Service, pod *backend.Pod) (address backend.Address, found bool) {
	if pod.Finished() || pod.Terminating() && !service.Spec.PublishNotReadyAddresses || len(pod.Status.PodIPs) == 0 {
		return backend.Address{}, false
	}
	addresses := pod.Addresses(familyOf(service, pod))
	if len(addresses) == 0 {
		return backend.Address{}, false
	}
	return backend.Address{
		IP: addresses[0], Hostname: pod.HostnameIn(service), NodeName: pod.Spec.NodeName, TargetRef: pod.Ref(),
	}, true
}

// familyOf returns the one address family of the Endpoints: the service's first,
// or the pod's where the service names none and has no cluster IP.
func familyOf(service *backend.Service, pod *backend.Pod) string {
	families := service.Families()
	if len(service.Spec.IPFamilies) == 0 && len(families) > 1 {
		_, family := backend.ParseIP(pod.Status.PodIPs[0].IP)
		return family
	}
	return families[0]
}

// truncate bounds the addresses to the capacity and reports whether it had to.
// Addresses that are ready come before those that are not; each subset keeps
// its share, rounded up, as long as there is room.
func truncate(subsets []backend.Subset) bool {
	ready, notReady := 0, 0
	for i := range subsets {
		ready += len(subsets[i].Addresses)
		notReady += len(subsets[i].NotReadyAddresses)
	}
	if ready+notReady <= capacity {
		return false
	}
	readyRoom, notReadyRoom := min(ready, capacity), max(0, capacity-ready)
	readyLeft, notReadyLeft := readyRoom, notReadyRoom
	for i := range subsets {
		s := &subsets[i]
		s.Addresses = share(s.Addresses, ready, readyRoom, &readyLeft)
		s.NotReadyAddresses = share(s.NotReadyAddresses, notReady, notReadyRoom, &notReadyLeft)
	}
	return true
}

// share returns as many of a subset's addresses, which are some of total, as
// its part of the room has places, and takes them from what is left of it.
func share(addresses []backend.Address, total, room int, left *int) []backend.Address {
	if len(addresses) == 0 {
		return addresses
	}
	n := min(len(addresses), (len(addresses)*room+total-1)/total, *left)
	*left -= n
	return addresses[:n]
}
