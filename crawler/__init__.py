"""Builds face data sets from Safebooru, Getchu or a folder of pictures; needs no Chainer."""
