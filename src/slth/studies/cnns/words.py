"""Networks, granularities and rules of targets in print, in their order."""

NETWORKS = {
    "lenet": "LeNet",
    "vgg": "VGG",
    "resnet": "ResNet",
    "resnet20": "ResNet-20",
    "mobilenet": "MobileNet",
    "dense": "dense network",
}
GRANULARITIES = {
    "entry": "single weights",
    "kernel": "kernels",
    "block": "blocks",
    "filter": "whole filters",
}
RULES = {"plain": "plain", "bias": "bias", "feedback": "feedback"}
DATA = {
    "digits": "the digits",
    "mnist-5k": "MNIST",
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
}
