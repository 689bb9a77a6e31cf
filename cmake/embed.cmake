# harmonia_embed(target symbol file...): a static library with one function,
# `std::span<const harmonia::Embedded> harmonia::embedded::SYMBOL()`, sorted by file name.
function(harmonia_embed target symbol)
  set(out ${CMAKE_BINARY_DIR}/embedded/${symbol}.cpp)
  set(files ${ARGN})
  list(SORT files)
  list(TRANSFORM files PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE paths)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSYMBOL=${symbol} "-DFILES=${files}"
      -DROOT=${CMAKE_SOURCE_DIR} -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${paths} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake VERBATIM)
  add_library(${target} STATIC ${out})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
endfunction()
