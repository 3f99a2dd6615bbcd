# cmake -DOUTPUT=... -DNAME=... -DNAMESPACE=... -DINPUT=... -P EmbedText.cmake
# Writes a .cc that holds one text file as NAMESPACE::k_NAME. A literal may not grow without bound, so
# the text is cut into pieces that the compiler joins.
file(READ "${INPUT}" text)
string(LENGTH "${text}" total)
set(pieces " \"\"")  # an empty file is an empty text
set(at 0)
while(at LESS total)
  string(SUBSTRING "${text}" ${at} 12000 piece)
  string(LENGTH "${piece}" taken)
  string(APPEND pieces "\nR\"text(${piece})text\"")
  math(EXPR at "${at} + ${taken}")
endwhile()
file(WRITE "${OUTPUT}" "#include <string_view>
namespace ${NAMESPACE} {
extern const std::string_view k_${NAME};
const std::string_view k_${NAME} =${pieces};
}  // namespace ${NAMESPACE}
")
